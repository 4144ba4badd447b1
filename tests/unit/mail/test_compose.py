import email
from email import policy
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given, strategies as st

from listhub.mail import compose
from tests.corpora import broken

TEXTS = st.text(st.characters(codec="utf-8"), max_size=400)


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    defects = [d for part in message.walk() for d in part.defects]
    assert defects == []
    return message


def lines_of(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


@given(TEXTS)
def test_any_text_arrives_as_it_was(text: str) -> None:
    """Whatever the text holds, a reader gets it back, in lines that every hop takes."""
    part = compose.text_part(text, language="fr")
    message = parsed(part)

    assert max(map(len, part.split(b"\r\n"))) <= 998
    assert part.isascii()
    assert lines_of(message.get_content()) == lines_of(text)
    assert message["Content-Language"] == "fr"


@pytest.mark.parametrize("name", sorted(broken()))
def test_any_mail_can_be_attached(name: str) -> None:
    """A held post of any kind is attached; what MIME cannot hold goes as octets."""
    raw = broken()[name]
    part = compose.multipart(
        "mixed", [compose.text_part("Look."), compose.message_part(raw)], seed=name
    )
    text, attachment = email.message_from_bytes(
        part, policy=policy.default
    ).iter_parts()

    assert text.get_content().strip() == "Look."
    kind = attachment.get_content_type()
    assert kind in {"message/rfc822", "application/octet-stream"}
    if kind == "application/octet-stream":
        assert attachment.get_payload(decode=True) == raw
    assert max(map(len, part.split(b"\r\n"))) <= 998


def test_a_very_large_mail_is_attached_by_its_header() -> None:
    """A moderator's mailbox is not filled with what cannot be looked at anyway."""
    raw = b"Subject: Large\r\n\r\n" + b"x" * compose.ATTACHED_LIMIT
    part = compose.message_part(raw)

    assert b"text/rfc822-headers" in part
    assert b"Subject: Large" in part
    assert len(part) < 1000


def test_a_boundary_is_in_none_of_the_parts() -> None:
    """Even a part that quotes the boundary of its own mail does not end it."""
    first = compose.multipart("mixed", [b"\r\nx"], seed="seed")
    whole = parsed(compose.multipart("mixed", [first, b"\r\ny"], seed="seed"))

    assert len(list(whole.iter_parts())) == 2


@given(st.text(max_size=300))
def test_any_name_makes_one_mailbox(name: str) -> None:
    """A display name cannot add an address, a field or a line."""
    written = compose.mailbox(name, "ann@a.example")
    message = parsed(b"From: " + written.encode() + b"\r\n\r\n")

    assert "\r" not in written
    assert "\n" not in written
    assert [a.addr_spec for a in message["From"].addresses] == ["ann@a.example"]


@pytest.mark.parametrize("address", ["", "ann", "a@b\r\nBcc: c@d", "<a@b>", "a b@c"])
def test_what_is_no_address_is_refused(address: str) -> None:
    """Nothing is written to an address that is none."""
    with pytest.raises(ValueError, match="not an address"):
        compose.mailbox("Ann", address)


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_a_link_carries_any_subject(subject: str) -> None:
    """RFC 6068: what the reader's program puts into the subject is what we meant."""
    link = compose.mailto("sympa@lists.example", subject)
    split = urlsplit(link)

    assert link.isascii()
    assert unquote(split.path) == "sympa@lists.example"
    assert parse_qs(split.query, keep_blank_values=True) == {"subject": [subject]}
