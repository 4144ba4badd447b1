import contextlib
import time

import pytest
from hypothesis import given, strategies as st

from listhub.mail.message import NotTakenApart, parse, serialise
from tests.corpora import broken

BROKEN = broken()


@pytest.mark.parametrize("name", BROKEN)
def test_broken_mail_is_parsed_and_can_be_walked(name: str) -> None:
    """Reading any structural field of any part never raises, and takes no time."""
    start = time.process_time()
    message = parse(BROKEN[name])
    for part in message.walk():
        part.get_content_type()
        part.get_content_disposition()
        str(part["message-id"])
        str(part["subject"])
    serialise(message)

    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "name", ["nested_multiparts", "nested_messages", "ten_thousand_parts"]
)
def test_what_is_too_deep_is_one_opaque_body(name: str) -> None:
    """A message nested 500 deep is not taken apart, and keeps its bytes."""
    message = parse(BROKEN[name])

    assert any(isinstance(defect, NotTakenApart) for defect in message.defects)
    assert not message.is_multipart()
    assert message["subject"] == name


@pytest.mark.parametrize(
    "value",
    [b"", b"(" * 5000, b'text/plain; a="' * 1000, b"\xff/\xff", b";=;", b"a/b/c"],
)
def test_structural_fields_have_their_attributes(value: bytes) -> None:
    """A field that the parser chokes on reads as if it were empty."""
    fields = (b"Content-Type", b"Content-Disposition", b"Content-Transfer-Encoding")
    message = parse(b"".join(name + b": " + value + b"\n" for name in fields) + b"\nx")

    assert "/" in message.get_content_type()
    assert message.is_attachment() in {True, False}
    assert isinstance(message["content-transfer-encoding"].cte, str)


@given(
    st.lists(
        st.sampled_from([b"Content-Type: ", b"multipart/x; boundary=b", b"\n", b"--b"])
        | st.sampled_from([b"message/rfc822", b"From: ", b"<[", b"\r\n\r\n", b"=?"])
        | st.binary(max_size=5)
    ).map(b"".join)
)
def test_any_bytes_are_a_message(raw: bytes) -> None:
    """Parsing and reading never raise; writing raises ValueError at most."""
    message = parse(raw)
    for name in set(message.keys()):
        str(message[name])
    with contextlib.suppress(ValueError):
        serialise(message)


def test_an_ordinary_message_comes_back_as_it_was() -> None:
    """Long fields, blanks and 8-bit bytes included, where the line ends are CRLF."""
    raw = (
        b"Subject: " + b"long " * 40 + b"x\r\n"
        b"From: \xe9 <a@b>\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\n\r\n\xff\r\n--b--\r\n"
    )

    assert serialise(parse(raw)) == raw
