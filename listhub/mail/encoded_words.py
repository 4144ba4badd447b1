"""Encoded words (RFC 2047): read any, however broken; write plain ones.

Reading never raises and gives text that is safe to store and to show: no control
characters, no lone surrogates.
"""

import binascii
import re

from listhub.mail import charsets

_ENCODED_WORD = re.compile(
    r"=\?([^?\s*]{1,40})(?:\*[^?\s]*)?\?([BbQq])\?([^?]*)\?="  # RFC 2231 §5: *language
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_Q_PLAIN = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"
)
_ROOM = 75 - len("=?utf-8?q??=")  # RFC 2047 §2: a word has at most 75 characters


def decode(raw: bytes) -> str:
    """Return a field's value as text: encoded words and 8-bit bytes decoded."""
    text = plain(raw)
    if "=?" not in text:
        return text
    return safe("".join(_decoded_pieces(text)))


def plain(raw: bytes) -> str:
    """Return bytes as text, taken as UTF-8 (RFC 6532), or else as Latin-1."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return safe(text)


def safe(text: str) -> str:
    """Return text without what no database, page or header field can hold."""
    if text.isprintable():
        return text
    return _CONTROL.sub(" ", text).encode(errors="replace").decode()


def encode(text: str) -> str:
    """Return text as unstructured ASCII, in encoded words where it needs them."""
    text = safe(text)
    if text.isascii() and "=?" not in text:
        return text
    words: list[str] = []
    length = _ROOM + 1
    for character in text:
        # Each word holds whole characters (RFC 2047 §5).
        piece = "".join(_quoted(byte) for byte in character.encode())
        if length + len(piece) > _ROOM:
            words.append("")
            length = 0
        words[-1] += piece
        length += len(piece)
    return " ".join(f"=?utf-8?q?{word}?=" for word in words)


def _quoted(byte: int) -> str:
    if byte == 0x20:
        return "_"
    return chr(byte) if byte in _Q_PLAIN else f"={byte:02X}"


def _decoded_pieces(text: str) -> list[str]:
    pieces: list[str] = []
    run, charset, end = bytearray(), "", 0
    for match in _ENCODED_WORD.finditer(text):
        between = text[end : match.start()]
        # Blanks between encoded words are not part of the text (RFC 2047 §6.2), and
        # some mailers cut a character in two: words of one charset are decoded as one.
        adjacent = bool(charset) and not between.strip()
        if not adjacent or match[1].lower() != charset:
            pieces.append(_to_text(bytes(run), charset))
            run.clear()
        if not adjacent:
            pieces.append(between)
        charset, end = match[1].lower(), match.end()
        run += _to_bytes(match[3], encoding=match[2])
    return [*pieces, _to_text(bytes(run), charset), text[end:]]


def _to_bytes(data: str, *, encoding: str) -> bytes:
    raw = data.encode(errors="replace")
    if encoding in "Qq":
        return binascii.a2b_qp(raw, header=True)
    raw = _NOT_BASE64.sub(b"", raw)
    if len(raw) % 4 == 1:
        raw = raw[:-1]
    return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))


def _to_text(raw: bytes, charset: str) -> str:
    codec = charsets.codec(charset) or "utf_8"
    try:
        return raw.decode(codec, "replace")
    except ValueError:
        return raw.decode("ascii", "replace")
