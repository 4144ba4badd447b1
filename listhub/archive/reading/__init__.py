"""Reading old archives: a file or folder of some format in, messages out.

Nothing here knows the database.  What can be read is read, the rest is told.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from listhub.archive.reading import folders, mbox
from listhub.archive.reading.piece import Found, Piece, Unread
from listhub.errors import UsageError

__all__ = ["FORMATS", "Found", "Piece", "Unread", "detect", "read"]

#: What an archive may be; the first one is found out from the path.
FORMATS = ("auto", "mbox", "maildir", "arctxt")

_BROKEN = (OSError, EOFError, zlib.error)

#: What shows how far the reading of a file is.
Watch = Callable[[BinaryIO], BinaryIO]


def read(
    path: Path, *, form: str, watch: Watch = lambda stream: stream
) -> Iterator[Piece]:
    """Yield what is in an archive; UsageError if it cannot be opened at all."""
    try:
        match form:
            case "mbox":
                yield from _read_file(path, watch=watch)
            case "maildir":
                yield from folders.read_maildir(path)
            case _:
                yield from folders.read_arctxt(path)
    except _BROKEN as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path}: cannot be read: {reason}.") from None


def detect(path: Path) -> str:
    """Return the format of a file or folder; UsageError when it is none that we know."""
    if path.is_dir():
        if any((path / name).is_dir() for name in ("cur", "new")):
            return "maildir"
        if folders.months(path):
            return "arctxt"
        raise UsageError(
            f"{path}: neither a maildir (it has no `cur` or `new`) nor an archive of"
            " Sympa (no YYYY-MM/arctxt); name the files or folders themselves."
        )
    try:
        with _opened(path) as stream:
            start = stream.read(5)
    except _BROKEN as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path}: cannot be read: {reason}.") from None
    if start and start != b"From ":
        raise UsageError(
            f"{path}: does not begin with `From `, as an mbox does; if it is one all"
            " the same, say --format mbox."
        )
    return "mbox"


def _read_file(path: Path, *, watch: Watch) -> Iterator[Piece]:
    with _opened(path, watch=watch) as stream:
        yield from mbox.read(stream, name=str(path))


@contextmanager
def _opened(path: Path, *, watch: Watch = lambda stream: stream) -> Iterator[BinaryIO]:
    """Open a file; what ends in .gz is unpacked (Mailman packs its months)."""
    with path.open("rb") as file:
        stream = watch(file)
        if path.suffix == ".gz":
            stream = cast("BinaryIO", gzip.GzipFile(fileobj=stream, mode="rb"))
        yield stream
