"""Text with people in it: one a line, or a table of members as the import takes it."""

import re
from collections.abc import Iterator
from itertools import chain

from listhub.errors import UsageError
from listhub.lists import member_file
from listhub.lists.member_file import LINE_LIMIT, Source as Bytes
from listhub.lists.sources.source import Found, SourceError

_BETWEEN = re.compile(r"[\s,;]+")
_CHUNK = 1 << 16


def read(source: Bytes, *, name: str) -> Iterator[Found]:
    """Yield the people of a file; SourceError if it is of some other kind.

    A line is an address and perhaps a name behind it; # begins a comment.  A first
    line with the word `address` and no @ is a header, and the file a table.
    """
    lines = _lines(source)
    first = next((line for line in lines if _says_something(line)), b"")
    if b"@" not in first and b"address" in first.lower():
        yield from _table(first, lines, name=name)
        return
    for line in chain((first,), lines):
        yield from _person(line)


def _person(line: bytes) -> Iterator[Found]:
    text = line.decode("utf-8", "replace").strip()
    if text and not text.startswith("#"):
        address, *rest = _BETWEEN.split(text, maxsplit=1)
        yield Found(address, rest[0] if rest else "")


def _table(first: bytes, lines: Iterator[bytes], *, name: str) -> Iterator[Found]:
    try:
        for row in member_file.read(_Rest(first, lines), name=name):
            yield Found(row.address, row.name)
    except UsageError as error:
        raise SourceError(error.public.rstrip(".")) from error


def _says_something(line: bytes) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(b"#")


def _lines(source: Bytes) -> Iterator[bytes]:
    rest = b""
    while chunk := source.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line + b"\n" for line in whole)
        if len(rest) > LINE_LIMIT:
            raise SourceError(f"a line is longer than {LINE_LIMIT} octets")
    if rest:
        yield rest


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
