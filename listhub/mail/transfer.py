"""Transfer encodings (RFC 2045 §6), strictly: read what is valid, write what is legal."""

import binascii
import re

from listhub.mail.encoded_words import plain
from listhub.mail.headers import Headers

IDENTITY = frozenset({"7bit", "8bit", "binary"})
LONGEST_LINE = 998  # octets without the line end, RFC 5322 §2.1.1
_LINE_END = re.compile(rb"\r?\n")
_TOO_LONG = re.compile(rb"[^\n]{1000}")
_BASE64_LINE = 57  # octets that make 76 characters, RFC 2045 §6.8
_BROKEN_QP = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*(?:\r?\n|\Z))")


def encoding_of(headers: Headers) -> str:
    """Return the transfer encoding in lower case; 7bit where none is named."""
    value = headers.get("Content-Transfer-Encoding") or b""
    return plain(value[:80]).partition("(")[0].strip().lower() or "7bit"


def decode(body: bytes, encoding: str) -> bytes | None:
    """Return the content of a body; None if it is not valid in this encoding."""
    if encoding in IDENTITY:
        return body
    if encoding == "quoted-printable":
        return None if _BROKEN_QP.search(body) else binascii.a2b_qp(body)
    if encoding == "base64":
        try:
            return binascii.a2b_base64(b"".join(body.split()), strict_mode=True)
        except binascii.Error:
            return None
    return None


def encode(content: bytes, encoding: str, *, newline: bytes) -> bytes:
    """Return the body that carries this content; the identity where it is not known."""
    if encoding == "quoted-printable":
        return quoted_printable(content, newline=newline)
    if encoding == "base64":
        return base64(content, newline=newline)
    return content


def quoted_printable(content: bytes, *, newline: bytes) -> bytes:
    """Write text: its line ends become those of the message (RFC 2045 §6.7)."""
    soft = b"=" + newline
    lines = _LINE_END.split(content)
    return newline.join(
        binascii.b2a_qp(line, istext=False).replace(b"=\n", soft) for line in lines
    )


def base64(content: bytes, *, newline: bytes) -> bytes:
    """Write any octets, each line ended."""
    lines = [
        binascii.b2a_base64(content[at : at + _BASE64_LINE], newline=False)
        for at in range(0, len(content), _BASE64_LINE)
    ]
    return b"".join(line + newline for line in lines)


def with_line_ends(content: bytes, newline: bytes) -> bytes:
    """Return text with every line ended in the same way."""
    return _LINE_END.sub(newline, content)


def fits(content: bytes, encoding: str) -> bool:
    """Say whether content may stand there in this encoding (RFC 2045 §2.7 to §2.9)."""
    if encoding not in IDENTITY or encoding == "binary":
        return True
    if encoding == "7bit" and not content.isascii():
        return False
    return b"\0" not in content and not _TOO_LONG.search(content)
