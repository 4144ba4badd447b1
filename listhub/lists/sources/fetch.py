"""The first half of a round: every source is read, outside of any transaction."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import psycopg

from listhub import log
from listhub.errors import StaleClaim
from listhub.lists.sources import kinds
from listhub.lists.sources.sealing import Sealing
from listhub.lists.sources.source import Found, Source, SourceError
from listhub.mail.address import key, parse_addr_spec
from listhub.mail.recipient import split

_log = log.get(__name__)

#: Octets that are kept in memory; more go to a temporary file.
_IN_MEMORY = 16 << 20
#: The most people of one source, and the most seconds that it takes.
MOST = 5_000_000
SECONDS = 600
#: Rows between two looks whether the round is still ours.
_ROWS = 1000

_NAME = 255  # characters

#: A look whether the round is still ours; StaleClaim if it is not.
Beat = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one source."""

    source: Source
    rows: int = 0
    refused: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What all sources gave, as text for COPY, and how each of them did."""

    text: IO[bytes]
    results: tuple[Result, ...]

    @property
    def failed(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.error)


@contextmanager
def fetched(
    conn: "psycopg.Connection[Any]",
    sources: Sequence[Source],
    *,
    address: str,
    sealing: Sealing,
    beat: Beat = lambda: None,
) -> Iterator[Fetched]:
    """Read all sources of a list of that address; the text goes at the end.

    `conn` has no transaction open, then and later: it is for sources of our own.
    """
    name, _, domain = address.partition("@")
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as text:
        results = []
        for source in sources:
            beat()
            begin = text.tell()
            lines = _lines(conn, source, name=name, domain=domain, sealing=sealing)
            result = _read(source, lines, text, beat=beat)
            if result.error:
                # Half an answer is none.
                text.seek(begin)
                text.truncate()
            results.append(result)
        yield Fetched(text=text, results=tuple(results))


def _lines(
    conn: "psycopg.Connection[Any]",
    source: Source,
    *,
    name: str,
    domain: str,
    sealing: Sealing,
) -> Iterator[bytes]:
    """Yield a line for COPY for everybody whom a source names; see `_line`."""
    for found in kinds.reader(source, sealing=sealing).read(conn):
        yield _line(source, found, name=name, domain=domain)


def _read(
    source: Source, lines: Iterator[bytes], text: IO[bytes], *, beat: Beat
) -> Result:
    ends = time.monotonic() + SECONDS
    rows = refused = 0
    try:
        for line in lines:
            if (rows + refused) % _ROWS == 0:
                beat()
            _check(rows, ends)
            text.write(line)
            rows, refused = rows + bool(line), refused + (not line)
    except SourceError as error:
        return Result(source=source, error=str(error))
    except (psycopg.Error, StaleClaim):
        raise  # our own database, or the round is somebody else's
    except Exception as error:  # noqa: BLE001 - one source says nothing of the others
        _log.exception("a source broke", source=source.id, kind=source.kind)
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        return Result(source=source, error=said)
    return Result(source=source, rows=rows, refused=refused)


def _check(rows: int, ends: float) -> None:
    if rows > MOST:
        raise SourceError(f"it gives more than {MOST:,} people")
    if time.monotonic() > ends:
        raise SourceError(f"it took more than {SECONDS} seconds")


def _line(source: Source, found: Found, *, name: str, domain: str) -> bytes:
    """Return a line for COPY, empty for what is no address or one of the list's own."""
    address = found.address.strip()
    if parse_addr_spec(address) is None:
        return b""
    found_key = key(address)
    local, _, place = found_key.rpartition("@")
    if place == domain and split(local)[0] == name:
        return b""
    # What could end a field or a line is not printable.
    shown = "".join(filter(str.isprintable, " ".join(found.name.split())))[:_NAME]
    fields = (str(source.id), found_key, address, shown)
    line = "\t".join(field.replace("\\", "\\\\") for field in fields) + "\n"
    return line.encode("utf-8", "replace")
