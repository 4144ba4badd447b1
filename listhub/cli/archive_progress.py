"""How far an import of messages is: bar, rate and time left, or a line now and then."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
from typing_extensions import override

if TYPE_CHECKING:
    from rich.progress import Progress

_SECONDS = 10.0


class ArchiveProgress:
    """Says nothing: what `--quiet` and `--json` are given."""

    def watch(self, stream: BinaryIO) -> BinaryIO:
        """Return the stream; what is read of it is shown as progress."""
        return stream

    def passed(self, messages: int) -> None:
        """Note that so many messages are done by now."""


class _Lines(ArchiveProgress):
    """A line every ten seconds."""

    def __init__(self) -> None:
        self._began = self._told = time.monotonic()

    @override
    def passed(self, messages: int) -> None:
        now = time.monotonic()
        if now - self._told >= _SECONDS:
            self._told = now
            rate = messages / (now - self._began)
            click.echo(f"{messages:,} messages, {rate:,.0f} per second", err=True)


class _Bar(ArchiveProgress):
    """A bar over octets or messages, whichever can be known before."""

    def __init__(self, progress: "Progress", *, octets: int, messages: int) -> None:
        self._progress = progress
        self._by_octets = octets > 0
        total = octets if self._by_octets else messages or None
        self._task = progress.add_task("", total=total, messages=0, rate=0.0)
        self._began = time.monotonic()

    @override
    def watch(self, stream: BinaryIO) -> BinaryIO:
        return _Watched(stream, self) if self._by_octets else stream  # type: ignore[return-value]

    def read(self, octets: int) -> None:
        """Note that so many octets more were read."""
        self._progress.advance(self._task, octets)

    @override
    def passed(self, messages: int) -> None:
        rate = messages / max(time.monotonic() - self._began, 0.001)
        self._progress.update(self._task, messages=messages, rate=rate)
        if not self._by_octets:
            self._progress.update(self._task, completed=messages)


class _Watched:
    """A file whose reading is told; of its methods what the readers use."""

    def __init__(self, stream: BinaryIO, bar: _Bar) -> None:
        self._stream = stream
        self._bar = bar

    def read(self, size: int = -1) -> bytes:
        """Read and tell how much."""
        found = self._stream.read(size)
        self._bar.read(len(found))
        return found


@contextlib.contextmanager
def archive_progress(
    *, quiet: bool, files: tuple[Path, ...] = (), messages: int = 0
) -> Iterator[ArchiveProgress]:
    """Show the progress of an import of these files, or over so many messages."""
    if quiet:
        yield ArchiveProgress()
    elif not sys.stderr.isatty():
        yield _Lines()
    else:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[messages]:,} messages"),
            TextColumn("{task.fields[rate]:,.0f} per second"),
            TimeRemainingColumn(),
        )
        octets = sum(path.stat().st_size for path in files)
        with Progress(
            *columns, console=Console(stderr=True), transient=True
        ) as progress:
            yield _Bar(progress, octets=octets, messages=messages)
