"""Which codec reads a charset that somebody else named.

The name is the sender's to choose: only codecs that turn bytes into text in linear time
are used, and names are not looked up one by one in `codecs.lookup`, which remembers
every name that it did not find.
"""

import re
from encodings.aliases import aliases

_NOT_CHARSETS = frozenset({
    "base64_codec", "bz2_codec", "hex_codec", "idna", "mbcs", "punycode",
    "quopri_codec", "raw_unicode_escape", "rot_13", "undefined", "unicode_escape",
    "uu_codec", "zlib_codec",
})  # fmt: skip
_CHARSETS = {
    name: codec
    for name, codec in (aliases | {codec: codec for codec in aliases.values()}).items()
    if codec not in _NOT_CHARSETS
}
_NOT_A_NAME = re.compile(r"[^a-z0-9]+")
#: Charsets of several octets say by a mark at the start which one comes first.
_MARKS = {
    "utf_16": ((b"\xff\xfe", "utf_16_le"), (b"\xfe\xff", "utf_16_be")),
    "utf_32": ((b"\xff\xfe\0\0", "utf_32_le"), (b"\0\0\xfe\xff", "utf_32_be")),
    "utf_8_sig": ((b"", "utf_8"),),
}
#: Charsets in which the octets of ASCII stand for something else.
WIDE = frozenset({"utf_16_le", "utf_16_be", "utf_32_le", "utf_32_be"})


def codec(charset: str) -> str | None:
    """Return the name of Python's codec for a charset, None where there is none."""
    return _CHARSETS.get(_NOT_A_NAME.sub("_", charset.lower()))


def codec_for(charset: str, content: bytes) -> str | None:
    """Return the codec of this content: byte order from its mark, None without one.

    RFC 2781 §4.3 guesses at the order; a wrong guess reads well and is nonsense.
    """
    name = codec(charset)
    if name not in _MARKS:
        return name
    return next(
        (order for mark, order in _MARKS[name] if content.startswith(mark)), None
    )


def encode(text: str, name: str) -> bytes:
    """Return text in this codec; UnicodeError unless it will read the same.

    Some charsets of Japan take a yen sign and give a backslash back.
    """
    content = text.encode(name)
    if not text.isascii() and content.decode(name) != text:
        raise UnicodeError(f"not the same in {name}")
    return content


def mark(name: str) -> bytes:
    """Return the octets of a byte order mark in this codec, b"" where it has none."""
    return "\ufeff".encode(name) if name in WIDE or name == "utf_8" else b""
