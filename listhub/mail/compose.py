"""Write mail of our own: parts, multiparts, and addresses with names.

A part is its header block and its content, with CRLF, without the line end that the
delimiter after it brings along.
"""

import binascii
import re
from collections.abc import Sequence
from hashlib import blake2s
from urllib.parse import quote

from listhub.mail import encoded_words
from listhub.mail.address import parse_addr_spec
from listhub.mail.headers import Headers

#: Octets of a message that is attached whole; of a larger one its header is.
ATTACHED_LIMIT = 5_242_880

_LONGEST_LINE = 998  # octets, RFC 5322 §2.1.1
_LINE_END = re.compile(rb"\r\n|\r|\n")
_NAME_LIMIT = 200  # characters of a display name
_QUOTED = re.compile(r'(["\\])')


def text_part(text: str, *, subtype: str = "plain", language: str = "") -> bytes:
    """Return text in UTF-8, as 7bit where it is ASCII in short lines."""
    lines = _LINE_END.split(text.rstrip("\n").encode(errors="replace"))
    content = b"\r\n".join([*lines, b""])
    encoding = "7bit"
    sound = content.isascii() and b"\0" not in content
    if not sound or max(map(len, lines)) > _LONGEST_LINE:
        content = b"\r\n".join(map(_quoted_printable, [*lines, b""]))
        encoding = "quoted-printable"
    return _part(
        content,
        Content_Type=f"text/{subtype}; charset=utf-8",
        Content_Transfer_Encoding=encoding,
        Content_Language=language,  # RFC 3282
    )


def message_part(raw: bytes) -> bytes:
    """Return a message as an attachment, whatever it holds; very large ones in part."""
    if len(raw) > ATTACHED_LIMIT:
        raw = raw[: Headers.parse(raw).body_offset]
        return _attached(raw[:ATTACHED_LIMIT], "text/rfc822-headers", "header.txt")
    return _attached(raw, "message/rfc822", "message.eml")


def multipart(subtype: str, parts: Sequence[bytes], *, seed: str) -> bytes:
    """Return parts as one; the boundary is made from `seed` and is in none of them."""
    boundary = f"=_{blake2s(f'{subtype}/{seed}'.encode(), digest_size=16).hexdigest()}"
    while any(boundary.encode() in part for part in parts):
        boundary = f"=_{blake2s(boundary.encode(), digest_size=16).hexdigest()}"
    delimiter = f"--{boundary}".encode()
    pieces = [delimiter + b"\r\n" + part + b"\r\n" for part in parts]
    content = b"".join([*pieces, delimiter, b"--\r\n"])
    kind = f'multipart/{subtype}; boundary="{boundary}"'
    if content.isascii():
        return _part(content, Content_Type=kind)
    # RFC 2045 §6.4: what holds 8-bit parts says so.
    return _part(content, Content_Type=kind, Content_Transfer_Encoding="8bit")


def mailbox(name: str, address: str) -> str:
    """Return an address with its display name; ValueError for what is no address."""
    valid = parse_addr_spec(address)
    if valid is None:
        raise ValueError(f"not an address: {address!r}")
    written = valid.ascii or valid.text
    name = encoded_words.safe(name)[:_NAME_LIMIT].strip()
    if not name:
        return written
    if not name.isascii() or "=?" in name:
        return f"{encoded_words.encode(name)} <{written}>"
    escaped = _QUOTED.sub(r"\\\1", name)
    return f'"{escaped}" <{written}>'


def mailto(address: str, subject: str) -> str:
    """Return a link that writes a mail with this subject (RFC 6068 §5)."""
    return f"mailto:{quote(address, safe='@')}?subject={quote(subject, safe='')}"


def _attached(raw: bytes, kind: str, name: str) -> bytes:
    lines = _LINE_END.split(raw)
    content = b"\r\n".join(lines)
    if b"\0" in raw or max(map(len, lines)) > _LONGEST_LINE:
        # RFC 2046 §5.2.1 allows no transfer encoding for message/rfc822.
        kind, encoding = "application/octet-stream", "base64"
        content = b"\r\n".join(
            binascii.b2a_base64(raw[at : at + 57], newline=False)
            for at in range(0, len(raw), 57)
        )
    else:
        encoding = "7bit" if content.isascii() else "8bit"
    return _part(
        content,
        Content_Type=kind,
        Content_Transfer_Encoding=encoding,
        Content_Disposition=f'attachment; filename="{name}"',
    )


def _quoted_printable(line: bytes) -> bytes:
    return binascii.b2a_qp(line, istext=False).replace(b"=\n", b"=\r\n")


def _part(content: bytes, **fields: str) -> bytes:
    head = Headers()
    for name, value in fields.items():
        if value:
            head.add(name.replace("_", "-"), value)
    return head.to_bytes() + content
