"""Files of members: CSV as people and spreadsheets write it, read row by row.

With a header its columns may stand in any order; without one each line is an address.
A row that cannot be used is a `Row` that says why: no bytes make the reader raise, but
a wrong header does, since then no row means anything.  Memory does not grow with the
file.
"""

import csv
import functools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from listhub.config.fields import nearest, shown
from listhub.errors import UsageError
from listhub.i18n.text import N_, Text
from listhub.lists import member_row
from listhub.lists.list_settings import ListSettings
from listhub.lists.member_row import PLAIN, Row, make_row, refused

#: Octets.  A longer line is no member but a file of some other kind.
LINE_LIMIT = 100_000
#: Lines that one row may have, by line ends within quotes.
_ROW_LINES = 100
_CHUNK = 1 << 16

_DELIMITERS = (",", ";", "\t")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"

_LONG_LINE = N_("is a line of more than %(most)s octets")
_NUL = N_("has a NUL octet")
_NO_UTF8 = N_("is not text in UTF-8")
_OPEN_QUOTE = N_("opens a quote that is not closed")
_WRONG_QUOTE = N_("is quoted wrongly; within quotes a quote is written twice")
_ONE_COLUMN = N_("has 1 column; the header has %(wanted)s (%(header)s)")
_OTHER_WIDTH = N_("has %(found)s columns; the header has %(wanted)s (%(header)s)")
_ONE_ADDRESS = N_(
    "has %(found)s columns; one address a line is right, or a header that names the"
    " columns"
)


class Source(Protocol):
    """Where the octets of a file come from."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` octets, b"" at the end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How the rows of a file are to be read; without names each line is an address."""

    delimiter: str
    names: tuple[str, ...] = ()


def read(source: Source, *, name: str, settings: ListSettings = PLAIN) -> Iterator[Row]:
    """Yield a row for each record of the file; UsageError for a wrong header.

    `name` is what sentences call the file; the settings are the list's.
    """
    lines = _Lines(source, name=name)
    number, first = lines.next_written()
    if not number:
        return
    layout = _layout(first, name=name, known=member_row.columns(settings))
    if not layout.names:
        lines.give_back(number, first)
    columns = layout.names or ("address",)
    for line, fields in _records(lines, layout):
        if isinstance(fields, Row):
            yield fields
        elif not any(map(str.strip, fields)):
            continue  # spreadsheets leave rows of nothing but commas at the end
        elif len(fields) != len(columns):
            yield _wrong_width(line, fields, columns=columns)
        else:
            yield make_row(line, dict(zip(columns, fields, strict=True)), settings)


# --- header -------------------------------------------------------------------


def _layout(first: bytes, *, name: str, known: Sequence[str]) -> _Layout:
    if b"@" in first:  # no name of a column has one, and every address has
        return _Layout(delimiter=",")
    text = first.decode("utf-8", "replace")
    delimiter = max(_DELIMITERS, key=text.count)
    names = tuple(
        field.strip().strip('"').strip().lower() for field in text.split(delimiter)
    )
    if "address" not in names:
        raise UsageError(
            f"{name}: the first line, {shown(text.strip())}, is neither an address nor a header"
            " with a column `address`."
        )
    for column in names:
        if column not in known:
            raise UsageError(
                f"{name}: there is no column {shown(column)}; did you mean"
                f" {nearest(column, known)}?"
            )
        if names.count(column) > 1:
            raise UsageError(f"{name}: the header names the column {column} twice.")
    return _Layout(delimiter=delimiter, names=names)


# --- records ------------------------------------------------------------------


def _records(lines: "_Lines", layout: _Layout) -> Iterator[tuple[int, list[str] | Row]]:
    """Yield each record's first line and its fields, or the row that refuses it."""
    while found := lines.next():
        number, data = found
        reason = _unreadable(data)
        if reason:
            yield number, refused(number, _rescued(data), reason)
            continue
        text = data.decode()
        if '"' not in text:
            yield number, text.split(layout.delimiter)
        elif not layout.names and not text.endswith('"'):
            # No CSV: the quotes are those of a local part, "john doe"@example.org.
            yield number, [text]
        else:
            yield number, _quoted_record(number, text, lines, layout=layout)


def _unreadable(data: bytes) -> Text | None:
    """Say why a line cannot be read at all, or return None."""
    if len(data) > LINE_LIMIT:
        return Text(_LONG_LINE, most=LINE_LIMIT)
    if b"\0" in data:
        return Text(_NUL)
    try:
        data.decode()
    except UnicodeDecodeError:
        return Text(_NO_UTF8)
    return None


def _rescued(data: bytes) -> str:
    return data[:200].decode("utf-8", "replace").strip()


def _quoted_record(
    number: int, text: str, lines: "_Lines", *, layout: _Layout
) -> list[str] | Row:
    """Return the fields of a record with quotes, which may go on over line ends.

    A quote that nobody closes spoils its own line only: the lines after it are given
    back to be read as records.
    """
    taken: list[tuple[int, bytes]] = []
    whole, size = text, len(text)
    # RFC 4180 §2: within quotes a quote is doubled, so an odd count is an open one.
    while whole.count('"') % 2:
        found = lines.next() if len(taken) < _ROW_LINES else None
        if found is not None:
            taken.append(found)
            size += len(found[1])
        if found is None or size > LINE_LIMIT or _unreadable(found[1]):
            for line in reversed(taken):
                lines.give_back(*line)
            return refused(number, text, Text(_OPEN_QUOTE))
        whole += "\n" + found[1].decode()
    try:
        return next(csv.reader([whole], delimiter=layout.delimiter, strict=True))
    except csv.Error:
        for line in reversed(taken):
            lines.give_back(*line)
        return refused(number, text, Text(_WRONG_QUOTE))


def _wrong_width(line: int, fields: Sequence[str], *, columns: Sequence[str]) -> Row:
    text = _OTHER_WIDTH if len(fields) > 1 else _ONE_COLUMN
    why = Text(
        _ONE_ADDRESS if len(columns) == 1 else text,
        found=len(fields),
        wanted=len(columns),
        header=", ".join(columns),
    )
    value = next((field for field in fields if "@" in field), " ".join(fields))
    return refused(line, value.strip(), why)


# --- lines --------------------------------------------------------------------


class _Lines:
    """The physical lines of a file, numbered from 1; some may be given back.

    They end in LF, CR LF or CR.  Of a line that is too long only as much is kept as
    shows that it is.
    """

    def __init__(self, source: Source, *, name: str) -> None:
        self._lines = enumerate(_split(source, name=name), start=1)
        self._given_back: deque[tuple[int, bytes]] = deque()

    def next(self) -> tuple[int, bytes] | None:
        if self._given_back:
            return self._given_back.popleft()
        return next(self._lines, None)

    def next_written(self) -> tuple[int, bytes]:
        """Return the next line that is not blank, or line 0 where there is none."""
        while found := self.next():
            if found[1].strip():
                return found
        return 0, b""

    def give_back(self, number: int, data: bytes) -> None:
        self._given_back.appendleft((number, data))


def _split(source: Source, *, name: str) -> Iterator[bytes]:
    rest = b""
    for chunk in _chunks(source, name=name):
        pieces = (rest + chunk).splitlines(keepends=True)
        last = pieces[-1]
        # A CR at the end may be half of a CR LF.
        rest = b"" if last.endswith(b"\n") else pieces.pop()
        for piece in pieces:
            yield piece.rstrip(b"\r\n")
        if len(rest) > LINE_LIMIT:
            rest = rest[: LINE_LIMIT + 1] + (b"\r" if rest.endswith(b"\r") else b"")
    if rest:
        yield rest.rstrip(b"\r\n")


def _chunks(source: Source, *, name: str) -> Iterable[bytes]:
    more: Callable[[], bytes] = functools.partial(source.read, _CHUNK)
    first = more()
    while len(first) < len(_UTF8_MARK) and (chunk := more()):
        first += chunk  # a pipe may give single octets
    if first.startswith(_UTF16):
        raise UsageError(f"{name}: is text in UTF-16; save it as UTF-8.")
    first = first.removeprefix(_UTF8_MARK)
    if first:
        yield first
    while chunk := more():
        yield chunk
