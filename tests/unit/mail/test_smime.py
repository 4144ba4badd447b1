import pytest
from hypothesis import given, strategies as st

from listhub.mail import mime, smime
from listhub.mail.smime import Seal
from tests import corpora

CORPUS = corpora.files("sealed")


def seals(raw: bytes) -> set[tuple[str, str]]:
    found = smime.seals(mime.parse(raw))
    return {(seal.standard, seal.protection) for seal in found}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("smime_signed", {("smime", "signed")}),
        ("smime_opaque", {("smime", "signed")}),
        ("smime_encrypted", {("smime", "encrypted")}),
        ("smime_encrypted_no_type", {("smime", "encrypted")}),
        ("smime_certificates", set()),
        ("smime_no_protocol", {("smime", "signed")}),
        ("pgp_signed", {("pgp", "signed")}),
        ("pgp_encrypted", {("pgp", "encrypted")}),
        ("nested", {("pgp", "signed"), ("smime", "encrypted")}),
        ("signed_by_nobody", set()),
    ],
)
def test_what_is_sealed(name: str, expected: set[tuple[str, str]]) -> None:
    """Signed and encrypted mail is recognised wherever in the message it stands."""
    assert seals(CORPUS[name]) == expected


def test_the_top_alone() -> None:
    """A part is asked about itself, not about what it holds."""
    assert smime.seal(mime.parse(CORPUS["nested"])) is None
    signed = mime.parse(CORPUS["pgp_signed"])
    assert smime.seal(signed) == Seal(standard="pgp", protection="signed")


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_recognising_changes_nothing(name: str) -> None:
    """A message that was looked at is bit for bit what it was."""
    message = mime.parse(CORPUS[name])
    smime.seals(message)
    assert message.to_bytes() == CORPUS[name]


@given(st.binary(max_size=200), st.text(max_size=40))
def test_any_message_can_be_looked_at(raw: bytes, kind: str) -> None:
    """Whatever the message says that it is, nothing is raised."""
    seals(f"Content-Type: multipart/{kind}\r\n".encode() + raw)
