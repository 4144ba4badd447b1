"""Folders of one message per file: maildir, and the tree that Sympa keeps archives in.

Files come in the order of their names, which is that of time.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from listhub.archive.reading.piece import LIMIT, Found, Piece, Unread

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_SECONDS = re.compile(r"[0-9]{9,10}(?=\.)")
_RETURN_PATH = re.compile(rb"Return-Path:[^\n]*\n", re.IGNORECASE)
#: Flags behind ":2,", as maildir has them: T is thrown away.
_INFO = ":2,"


def read_maildir(path: Path, *, limit: int = LIMIT) -> Iterator[Piece]:
    """Yield the messages in `cur` and `new`; what was thrown away is left out."""
    files = [
        file
        for folder in ("cur", "new")
        for file in _files(path / folder)
        if "T" not in file.name.partition(_INFO)[2]
    ]
    for file in sorted(files, key=lambda file: file.name):
        seconds = _SECONDS.match(file.name)
        came = datetime.fromtimestamp(int(seconds[0]), tz=UTC) if seconds else None
        yield _read(file, came=came, limit=limit)


def read_arctxt(path: Path, *, limit: int = LIMIT) -> Iterator[Piece]:
    """Yield the messages of an archive of Sympa, month by month, by their numbers.

    `path` is the archive of a list, one month of it, or that month's `arctxt`.  What
    was taken out of the archive stands in `deleted` folders, and is not read.
    """
    for month in months(path):
        came = _first_day(month.parent.name)
        numbered = [file for file in _files(month) if file.name.isdecimal()]
        for file in sorted(numbered, key=lambda file: int(file.name)):
            piece = _read(file, came=came, limit=limit)
            if isinstance(piece, Found):
                # The line of the final delivery, which the post did not have.
                line = _RETURN_PATH.match(piece.raw)
                piece = replace(piece, raw=piece.raw[line.end() if line else 0 :])
            yield piece


def months(path: Path) -> list[Path]:
    """Return the folders `arctxt` at or below a path, oldest month first."""
    if path.name == "arctxt":
        return [path]
    if (path / "arctxt").is_dir():
        return [path / "arctxt"]
    return sorted(
        month / "arctxt"
        for month in path.iterdir()
        if _MONTH.fullmatch(month.name) and (month / "arctxt").is_dir()
    )


def count(path: Path) -> int:
    """Return how many files a folder of either kind has, without opening them."""
    folders = [path / "cur", path / "new", *months(path)]
    return sum(1 for folder in folders for _ in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (
            file
            for file in folder.iterdir()
            if not file.name.startswith(".") and file.is_file()
        )


def _read(file: Path, *, came: datetime | None, limit: int) -> Piece:
    """Read one file; what cannot be read must not keep the others from being read."""
    try:
        if file.stat().st_size > limit:
            return Unread(where=str(file), reason=f"it is longer than {limit:,} octets")
        raw = file.read_bytes()
    except OSError as error:
        return Unread(where=str(file), reason=f"it cannot be read: {error.strerror}")
    if not raw.strip():
        return Unread(where=str(file), reason="it is empty")
    return Found(where=str(file), raw=raw, came=came)


def _first_day(name: str) -> datetime | None:
    match = _MONTH.fullmatch(name)
    if match is None:
        return None
    try:
        return datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC)
    except ValueError:
        return None
