"""MIME structure (RFC 2045, 2046) without a parser: cut, look, decode.

Every function is linear in its input and none recurses, so nesting costs nothing but
what the caller wants to see of it.
"""

import binascii
import functools
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from listhub.mail import encoded_words
from listhub.mail.address import strip_comments
from listhub.mail.headers import Headers

NESTED = frozenset({"message/rfc822", "message/global"})

_PARAMETER = re.compile(r';\s*([^\s=;"]++)\s*=\s*("(?:[^"\\]|\\.)*+"|[^;\s]*+)')
_TYPE = re.compile(r"[^\s/;]+/[^\s/;]+")
_ESCAPE = re.compile(r"\\(.)")
_AFTER_BOUNDARY = re.compile(rb"(--)?[ \t]*\r?(\n|\Z)")
_LONGEST_VALUE = 8192  # characters of a Content-Type worth reading


def content_type(headers: Headers) -> tuple[str, Mapping[str, str]]:
    """Return the media type in lower case and its parameters; text/plain if broken."""
    return _content_type((headers.get("Content-Type") or b"")[:_LONGEST_VALUE])


# A part is asked for its type again and again, and most parts have one of a few.
@functools.lru_cache(maxsize=256)
def _content_type(raw: bytes) -> tuple[str, Mapping[str, str]]:
    value = strip_comments(encoded_words.plain(raw))
    kind = value.partition(";")[0].strip().lower()
    given = MappingProxyType(parameters_of(value))
    return (kind if _TYPE.fullmatch(kind) else "text/plain"), given


def parameters_of(value: str) -> dict[str, str]:
    """Return the parameters that a field's value holds, their names in lower case."""
    return {
        match[1].lower(): _unquoted(match[2]) for match in _PARAMETER.finditer(value)
    }


def spans(
    raw: bytes, boundary: str, *, start: int = 0, end: int | None = None
) -> Iterator[tuple[int, int]]:
    """Give where the parts of the multipart raw[start:end] start and end, in `raw`.

    An unclosed last one goes to the end.
    """
    end = len(raw) if end is None else end
    delimiter = b"--" + boundary.encode()
    opened: int | None = None
    position = raw.find(delimiter, start, end)
    while position >= 0:
        after = position + len(delimiter)
        line_end = _AFTER_BOUNDARY.match(raw, after, end)
        if line_end and (position == start or raw[position - 1] == ord("\n")):
            if opened is not None:
                last = max(opened, position - 1)
                if last > opened and raw[last - 1] == ord("\r"):
                    last -= 1
                yield opened, last
            if line_end[1]:
                return
            opened = line_end.end()
        position = raw.find(delimiter, after, end)
    if opened is not None:
        yield opened, end


def split(body: bytes, boundary: str) -> Iterator[bytes]:
    """Give the parts of a multipart's body; an unclosed last one goes to the end."""
    for start, end in spans(body, boundary):
        yield body[start:end]


def children(headers: Headers, body: bytes) -> Iterator[bytes]:
    """Give the parts of a multipart, or the one message that a message/* holds."""
    kind, parameters = content_type(headers)
    if kind in NESTED:
        yield body
    elif kind.startswith("multipart/") and parameters.get("boundary"):
        yield from split(body, parameters["boundary"])


def decoded(headers: Headers, body: bytes) -> bytes:
    """Return a part's content without its transfer encoding, as far as it is valid."""
    encoding = headers.text("Content-Transfer-Encoding").strip().lower()
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding == "base64":
        try:
            return binascii.a2b_base64(body)
        except binascii.Error:
            return body
    return body


def exceeds(raw: bytes, *, depth: int, parts: int) -> bool:
    """Say whether a message has more levels or more parts than these."""
    waiting = [(raw, 0)]
    seen = 0
    while waiting:
        part, level = waiting.pop()
        if level > depth:
            return True
        headers = Headers.parse(part)
        body = part[headers.body_offset :]
        for child in children(headers, body):
            seen += 1
            if seen > parts:
                return True
            waiting.append((child, level + 1))
    return False


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        return _ESCAPE.sub(r"\1", value[1:-1])
    return value
