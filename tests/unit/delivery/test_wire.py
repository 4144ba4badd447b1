"""The wire form of mail, against a naive reference."""

import pytest
from hypothesis import example, given, strategies as st

from listhub.delivery.wire import is_eight_bit, needs_smtputf8, to_wire

#: Mostly the bytes that matter.
tricky = st.lists(st.sampled_from([b"\r", b"\n", b".", b"a", b"\xff"])).map(b"".join)


def naive(data: bytes) -> bytes:
    """Do it line by line and byte by byte."""
    lines = [b""]
    for position, value in enumerate(data):
        if value == ord("\n"):
            lines.append(b"")
        elif value == ord("\r") and data[position + 1 : position + 2] == b"\n":
            continue
        else:
            lines[-1] += bytes([value])
    if data.endswith(b"\n"):
        lines.pop()
    stuffed = [b"." + line if line.startswith(b".") else line for line in lines]
    return b"".join(line + b"\r\n" for line in stuffed) + b".\r\n"


@given(head=tricky, body=tricky)
@example(head=b"", body=b"")
@example(head=b".", body=b"\r\n.\r\n")
@example(head=b"a\r", body=b"\n.")
def test_wire_form_equals_the_naive_one(head: bytes, body: bytes) -> None:
    """Every mix of CR, LF and dots leaves as the slow and simple way has it."""
    assert to_wire(head, body) == naive(head + body)


@given(data=tricky)
def test_the_terminator_stands_only_at_the_end(data: bytes) -> None:
    """Nothing in a mail can end it early and go on as commands."""
    wire = b"\r\n" + to_wire(b"", data)

    assert wire.find(b"\r\n.\r\n") == len(wire) - 5


@given(data=tricky)
def test_taking_the_dots_away_gives_the_same_lines_again(data: bytes) -> None:
    """What the relay keeps is what we had, with CRLF for bare LF."""
    wire = to_wire(b"", data)
    kept = (b"\r\n" + wire[:-3]).replace(b"\r\n.", b"\r\n")[2:]

    assert kept.replace(b"\r\n", b"\n").rstrip(b"\n") == data.replace(
        b"\r\n", b"\n"
    ).rstrip(b"\n")


def test_a_memoryview_of_a_stored_body_is_taken_as_it_is() -> None:
    """A body from the database needs no copy of its own first."""
    body = memoryview(b"Old head\n\nHello\n.\n")[10:]

    assert to_wire(b"New: head\n\n", body) == b"New: head\r\n\r\nHello\r\n..\r\n.\r\n"


@pytest.mark.parametrize(
    ("head", "reverse_path", "recipients", "needed"),
    [
        (b"Subject: a\n\n", "a@example.org", ["b@example.org"], False),
        ("Subject: ä\n\n".encode(), "a@example.org", ["b@example.org"], True),
        ("Subject: ä\n\n".encode("latin-1"), "a@example.org", [], False),
        (b"", "ä@example.org", ["b@example.org"], True),
        (b"", "", ["b@example.org", "b@exämple.org"], True),
    ],
    ids=["ascii", "utf-8 header", "latin-1 header", "sender", "one recipient"],
)
def test_smtputf8_is_asked_for_where_something_is_utf8(
    head: bytes, reverse_path: str, recipients: list[str], *, needed: bool
) -> None:
    """RFC 6531 is for UTF-8 in addresses and headers, not for what is just broken."""
    assert needs_smtputf8(head, reverse_path, recipients) is needed


def test_eight_bit_is_any_byte_above_127() -> None:
    """BODY=8BITMIME is for what needs it only."""
    assert is_eight_bit(b"caf\xe9")
    assert not is_eight_bit(b"cafe\x7f")
