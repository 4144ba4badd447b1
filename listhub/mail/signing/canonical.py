"""The form of a message that signatures are computed over: relaxed (RFC 6376 §3.4).

Blanks and folding that a relay may change do not count.  Every function is linear in
its input: a body of a million blanks costs no more than one of a million letters.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Self

from listhub.mail.headers import Field

_BLANK = b" \t"
_EMPTY_LINES_BACKWARDS = re.compile(rb"(?:\n\r)*+")


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyHash:
    """The SHA-256 of a relaxed body, once for all headers that go before it."""

    #: Base 64, as the tag bh= has it.
    text: bytes

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Hash what follows on the header's empty line."""
        digest = hashlib.sha256(relaxed_body(body)).digest()
        return cls(text=base64.b64encode(digest))


def relaxed_field(field: Field) -> bytes:
    """Return a header field in relaxed form (RFC 6376 §3.4.2), line end included."""
    value = field.raw.partition(b":")[2].replace(b"\r\n", b"").replace(b"\n", b"")
    return b"%b:%b\r\n" % (field.name, _single_blanks(value).strip(_BLANK))


def relaxed_body(body: bytes) -> bytes:
    """Return a body as it is on the wire, in relaxed form (RFC 6376 §3.4.4)."""
    body = on_the_wire(body)
    text = _single_blanks(body).replace(b" \r\n", b"\r\n")
    tail = text[len(text.rstrip(b"\r\n")) :]
    # A lone CR is no line end: counted from the back, only whole empty lines go.
    empty = _EMPTY_LINES_BACKWARDS.match(tail[::-1])
    kept = text[: len(text) - (empty.end() if empty else 0)]
    return kept + b"\r\n" if kept else b""


def on_the_wire(body: bytes) -> bytes:
    """Return lines that end with CRLF, the last one too; a lone CR stays as it is."""
    if body.count(b"\r\n") != body.count(b"\n"):
        body = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return body if not body or body.endswith(b"\r\n") else body + b"\r\n"


def _single_blanks(text: bytes) -> bytes:
    """Make each run of blanks one; a pass halves the runs, and few texts need two."""
    text = text.replace(b"\t", b" ")
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text
