"""Text with people in it: one a line, or a table of members as the import takes it.

A file of another kind must not pass for a short list: everybody else would go.  So what
is no text at all is an error, and only single lines are passed over.
"""

import re
from collections.abc import Iterator
from itertools import chain

from listhub.errors import UsageError
from listhub.lists import member_file
from listhub.lists.member_file import LINE_LIMIT, Source as Bytes
from listhub.lists.sources.source import Found, SourceError
from listhub.mail.address import parse_addr_spec

_BETWEEN = re.compile(r"[\s,;]+")
_CHUNK = 1 << 16

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
#: How pages begin that a server shows instead of the file: please sign in, not found.
_MARKUP = (b"<!", b"<html", b"<?xml")


def read(source: Bytes, *, name: str) -> Iterator[Found]:
    """Yield the people of a file; SourceError if it is of some other kind.

    A line is an address and perhaps a name behind it, or nothing but addresses; #
    begins a comment.  A first line with the word `address` and no @ is a header, and the
    file a table.  What is no address is yielded as well: whoever counts refuses it.
    """
    lines = _lines(source)
    first = next((line for line in lines if _says_something(line)), b"")
    if b"@" not in first and b"address" in first.lower():
        yield from _table(first, lines, name=name)
        return
    for line in chain((first,), lines):
        yield from _people(line)


def _people(line: bytes) -> Iterator[Found]:
    text = _text(line).strip()
    if not text or text.startswith("#"):
        return
    if text.startswith('"') and parse_addr_spec(text) is not None:
        yield Found(text)  # RFC 5321 §4.1.2: what is quoted may hold blanks
        return
    address, *rest = _BETWEEN.split(text.strip(",; \t"), maxsplit=1)
    others = _BETWEEN.split(rest[0]) if rest else []
    if others and all("@" in each for each in (address, *others)):
        yield from map(Found, (address, *others))
    else:
        yield Found(address, rest[0] if rest else "")


def _text(line: bytes) -> str:
    """Return a line as text; an address in an old character set is none."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        address, blank, name = line.lstrip().partition(b" ")
        if address.isascii():
            return (address + blank).decode() + name.decode("latin-1")
        # Guessing whom the octets mean could give the mail to somebody else.
        return "?"


def _table(first: bytes, lines: Iterator[bytes], *, name: str) -> Iterator[Found]:
    try:
        for row in member_file.read(_Rest(first, lines), name=name):
            yield Found(row.address, row.name)
    except UsageError as error:
        raise SourceError(error.public.rstrip(".")) from error


def _says_something(line: bytes) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(b"#")


def _lines(source: Bytes) -> Iterator[bytes]:
    """Yield lines, which end in LF, CR LF or CR; SourceError for what has none."""
    rest = b""
    for chunk in chain((_start(source),), iter(lambda: source.read(_CHUNK), b"")):
        pieces = (rest + chunk).splitlines(keepends=True)
        # A CR at the end may be half of a CR LF.
        rest = b"" if not pieces or pieces[-1].endswith(b"\n") else pieces.pop()
        for piece in pieces:
            yield _bounded(piece)
        _bounded(rest)
    if rest:
        yield rest


def _start(source: Bytes) -> bytes:
    """Return the first octets without a mark; SourceError if they are no list's."""
    first = b""
    # A socket gives what has come; the marks must be there as a whole.
    while len(first) < _CHUNK and (chunk := source.read(_CHUNK - len(first))):
        first += chunk
    if first.startswith(_UTF16_MARKS):
        raise SourceError("it is text in UTF-16; UTF-8 is right")
    first = first.removeprefix(_UTF8_MARK)
    if first.lstrip().lower().startswith(_MARKUP):
        raise SourceError("it is a page or XML, and no list of people")
    if b"\0" in first:
        raise SourceError("it is no text: there is a NUL octet in it")
    return first


def _bounded(line: bytes) -> bytes:
    if len(line) > LINE_LIMIT:
        raise SourceError(f"a line is longer than {LINE_LIMIT} octets")
    return line


class _Rest:
    """The lines of a file again, as octets."""

    def __init__(self, first: bytes, lines: Iterator[bytes]) -> None:
        self._held = first
        self._lines = lines

    def read(self, size: int, /) -> bytes:
        while len(self._held) < size and (line := next(self._lines, b"")):
            self._held += line
        given, self._held = self._held[:size], self._held[size:]
        return given
