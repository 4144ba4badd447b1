"""Parameters of Content-Type and Content-Disposition: file names, and writing them.

A file name comes plain, in parts and with a charset (RFC 2231 §3, §4), or in encoded
words, which no standard allows and many programs write.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from listhub.mail import charsets, encoded_words, parts
from listhub.mail.headers import Headers

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`{|}~0-9A-Za-z]+")
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")
_LONGEST_NAME = 255
_LONGEST_VALUE = 8192  # characters of a field worth reading


def disposition(headers: Headers) -> str:
    """Return the disposition in lower case (RFC 2183), "" where none is named."""
    value = encoded_words.plain((headers.get("Content-Disposition") or b"")[:200])
    return value.partition(";")[0].strip().lower()


def file_name(headers: Headers) -> str:
    """Return the name of a part's file as text, "" without one; at most 255 characters."""
    raw = (headers.get("Content-Disposition") or b"")[:_LONGEST_VALUE]
    for given, key in (
        (parts.parameters_of(encoded_words.plain(raw)), "filename"),
        (parts.content_type(headers)[1], "name"),
    ):
        name = _joined(given, key).strip()
        if name:
            return name[:_LONGEST_NAME]
    return ""


def written(value: str, given: dict[str, str]) -> str:
    """Return a field's value with these parameters, quoted where they need it."""
    return "; ".join([value, *(f"{name}={_quoted(v)}" for name, v in given.items())])


def _joined(given: Mapping[str, str], key: str) -> str:
    if key in given:
        return encoded_words.decode(given[key].encode())
    sections = []
    for name, value in given.items():
        match = _SECTION.fullmatch(name)
        if match and match[1] == key:
            sections.append((int(match[2] or 0), bool(match[3]), value))
    charset, octets = "", b""
    for _, extended, value in sorted(sections):
        text = value
        if extended and not charset and value.count("'") >= 2:
            charset, _, text = value.split("'", 2)
        octets += unquote_to_bytes(text) if extended else text.encode()
    codec = charsets.codec(charset) or "utf_8"
    return encoded_words.safe(octets.decode(codec, "replace"))


def _quoted(value: str) -> str:
    if _TOKEN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
