"""Mail as it crosses an SMTP connection: pure functions over bytes.

All of them are a few passes in C, because a personalised post goes through here
once per copy.
"""

from collections.abc import Iterable

#: What ends the content of a transaction (RFC 5321 §4.1.1.4).
TERMINATOR = b".\r\n"


def to_wire(head: bytes, body: bytes | memoryview) -> bytes:
    """Return head and body in the form that DATA takes, terminator included.

    A bare LF becomes CRLF, a lone CR stays (it may be under a signature), a missing
    last newline is added, and a dot that begins a line is doubled.
    """
    data = b"".join((head, body))
    returns = data.count(b"\r\n")
    if returns != data.count(b"\n"):
        if returns:
            data = data.replace(b"\r\n", b"\n")
        data = data.replace(b"\n", b"\r\n")
    # RFC 5321 §4.5.2.  Only after CRLF: no bare LF is left, and a lone CR ends no line.
    data = data.replace(b"\r\n.", b"\r\n..")
    stuffing = b"." if data.startswith(b".") else b""
    ending = TERMINATOR if data.endswith(b"\r\n") else b"\r\n" + TERMINATOR
    return b"".join((stuffing, data, ending))


def head_to_wire(head: bytes) -> bytes:
    """Return a header block in that form, without a terminator: a body follows."""
    return to_wire(head, b"").removesuffix(TERMINATOR)


def body_to_wire(body: bytes | memoryview) -> bytes:
    """Return what follows a header block in that form, terminator included."""
    return to_wire(b"", body) if body else TERMINATOR


def from_wire(data: bytes) -> bytes:
    """Return what the receiver of such a content has then: no doubled dots, no end."""
    content = data.removesuffix(TERMINATOR)
    stuffed = content.startswith(b".")
    return content[stuffed:].replace(b"\r\n..", b"\r\n.")


def needs_smtputf8(head: bytes, reverse_path: str, recipients: Iterable[str]) -> bool:
    """Say whether the message is internationalised (RFC 6531 §3.1).

    A header with bytes above 127 that are not UTF-8 is old and broken, not RFC 6532:
    SMTPUTF8 would be a false promise for it, so it travels as plain 8-bit.
    """
    if not reverse_path.isascii() or not all(map(str.isascii, recipients)):
        return True
    if head.isascii():
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_eight_bit(content: bytes) -> bool:
    """Say whether any byte is above 127, so that BODY=8BITMIME is due (RFC 6152)."""
    return not content.isascii()
