"""Our signatures are verified by dkimpy, which shares no code with us."""

import re

import pytest
from hypothesis import given, settings, strategies as st

from listhub.mail.headers import Headers
from listhub.mail.signing.canonical import BodyHash
from listhub.mail.signing.covered import SEALED
from listhub.mail.signing.dkim import Signer
from listhub.mail.signing.keys import KeyType
from tests import corpora, signing

NOW = 1_700_000_000
MESSAGE = (
    b"From: Dev <dev@lists.example.org>\r\n"
    b"To: dev@lists.example.org\r\n"
    b"Subject: Hello\r\n"
    b"List-Unsubscribe: <https://lists.example.org/u/1>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"\r\n"
    b"Body.\r\n"
)
KINDS: tuple[KeyType, ...] = ("rsa", "ed25519")
MESSAGES = {
    **corpora.broken(),
    **{f"dsn/{name}": raw for name, raw in corpora.files("dsn").items()},
}
#: dkimpy does not read a header with a line that is no field, or a blank before the
#: colon; and takes a CR or NUL at the end of a value for a blank.
UNREADABLE = frozenset({
    "cr_in_header", "cr_only_lines", "empty_header_block", "header_without_colon",
})  # fmt: skip


def signer(*kinds: KeyType, lifetime: int | None = None) -> Signer:
    keys = tuple(signing.key(kind) for kind in kinds or KINDS)
    return Signer(keys=keys, lifetime=lifetime)


def signed(raw: bytes, *kinds: KeyType) -> bytes:
    headers = Headers.parse(raw)
    head = headers.to_bytes()
    if raw.startswith((b"From ", b">From ")):
        head = head[head.index(b"\n") + 1 :]
    body = raw[headers.body_offset :]
    return signer(*kinds).sign(raw, NOW) + head + body


@pytest.mark.parametrize("name", sorted(MESSAGES.keys() - UNREADABLE))
def test_any_message_can_be_signed(name: str) -> None:
    """Both signatures of each message of the corpus are valid as relays see it."""
    raw = signed(MESSAGES[name])

    assert signing.passes(raw, index=0)
    assert signing.passes(raw, index=1)


@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_absurd_messages_are_signed_too(name: str) -> None:
    """Whatever the header looks like, there are two signatures and no error."""
    assert signer().sign(MESSAGES[name], NOW).count(b"DKIM-Signature: ") == 2


texts = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cs"), include_characters="\t"
    ),
    max_size=300,
).map(lambda text: text.encode())
names = st.sampled_from(
    ["Subject", "From", "To", "Received", "X-Any", "List-Id", "Content-Type", "Cc"]
)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(names, texts), max_size=12),
    st.binary(max_size=200),
    st.sampled_from(KINDS),
)
def test_generated_messages_verify(
    fields: list[tuple[str, bytes]], body: bytes, kind: KeyType
) -> None:
    """Any fields that we can write, any number of times, over any body."""
    headers = Headers()
    headers.add("From", "a@example.org")
    for name, value in fields:
        headers.add(name, value)

    assert signing.passes(signed(headers.to_bytes() + body, kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [name.decode().title() for name in SEALED])
def test_nothing_can_be_added(name: str, kind: KeyType) -> None:
    """A second From, or a first Cc, breaks the signature: fields are oversigned."""
    raw = signed(MESSAGE, kind)

    assert signing.passes(raw)
    assert not signing.passes(f"{name}: eve@evil.example\r\n".encode() + raw)
    end = raw.index(b"\r\n\r\n") + 2
    added = raw[:end] + f"{name}: eve@evil.example\r\n".encode() + raw[end:]
    assert not signing.passes(added)


@pytest.mark.parametrize(
    "field", [b"List-Unsubscribe", b"List-Unsubscribe-Post", b"From", b"Subject"]
)
def test_nothing_can_be_changed_or_removed(field: bytes) -> None:
    """Both fields of RFC 8058, and what readers see, are under the signature."""
    raw = signed(MESSAGE, "rsa")
    changed = re.sub(rb"(?m)^(%b: ).*\r\n" % field, rb"\1other\r\n", raw)
    removed = re.sub(rb"(?m)^%b: .*\r\n" % field, b"", raw)

    assert changed != raw != removed
    assert not signing.passes(changed)
    assert not signing.passes(removed)


def test_appended_text_breaks_it() -> None:
    """There is no l=: the whole body is signed."""
    assert not signing.passes(signed(MESSAGE, "rsa") + b"More.\r\n")


def test_relays_may_add_what_is_theirs() -> None:
    """Received, Return-Path and folding do no harm."""
    raw = signed(MESSAGE, "rsa")
    folded = raw.replace(b"Subject: Hello", b"Subject:\r\n\t  Hello")

    assert signing.passes(b"Return-Path: <>\r\nReceived: from a\r\n" + folded)


def test_lines_are_short() -> None:
    """The fields are folded within 78 octets, with the line ends of the message."""
    assert all(len(line) <= 78 for line in signer().sign(MESSAGE, NOW).split(b"\r\n"))
    with_lf = signer().sign(MESSAGE.replace(b"\r\n", b"\n"), NOW)
    assert b"\r" not in with_lf


def test_the_body_is_hashed_once() -> None:
    """The head alone is signed for each copy, and the whole message verifies."""
    head, _, body = MESSAGE.partition(b"\r\n\r\n")
    head += b"\r\n\r\n"
    body_hash = BodyHash.of(body)
    for number in range(3):
        own = head.replace(b"/u/1", b"/u/%d" % number)
        raw = signer("ed25519").sign_head(own, body_hash, NOW) + own + body
        assert signing.passes(raw)


def test_times() -> None:
    """A signature says when it was made, and when it ends if it does."""
    assert b"t=1700000000;\r\n" in signer("rsa").sign(MESSAGE, NOW + 0.9)
    dated = signer("rsa", lifetime=600).sign(MESSAGE, NOW)
    assert b"t=1700000000; x=1700000600;\r\n" in dated
