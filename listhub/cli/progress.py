"""How far an import is: a bar on a terminal, plain lines elsewhere, on standard error."""

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import click
from typing_extensions import override

if TYPE_CHECKING:
    from rich.progress import Progress


class ImportProgress:
    """Says nothing: what `--quiet` is given, and what the others stand on."""

    def watched(self, stream: BinaryIO, *, size: int | None) -> BinaryIO:
        """Return the stream whose reading is shown; `size` in octets, if known."""
        del size
        return stream

    def has_read(self, rows: int) -> None:
        """Note that all rows are read."""

    def step(self, what: str) -> None:
        """Note what is being done from now on."""


class _Lines(ImportProgress):
    """One line when the file is read; the rest is a moment."""

    def __init__(self, name: str) -> None:
        self._name = name

    @override
    def has_read(self, rows: int) -> None:
        click.echo(f"{self._name}: {rows:,} rows read", err=True)


class _Bar(ImportProgress):
    """A bar for the reading, then what the database is doing."""

    def __init__(self, name: str, progress: "Progress") -> None:
        self._progress = progress
        self._task = progress.add_task(f"reading {name}", total=None)

    @override
    def watched(self, stream: BinaryIO, *, size: int | None) -> BinaryIO:
        if size is None:
            return stream
        return self._progress.wrap_file(stream, size, task_id=self._task)

    @override
    def has_read(self, rows: int) -> None:
        self._progress.update(self._task, description=f"{rows:,} rows read")

    @override
    def step(self, what: str) -> None:
        # A task of its own: that of the reading is finished, and would stand still.
        self._progress.remove_task(self._task)
        self._task = self._progress.add_task(what, total=None)


@contextlib.contextmanager
def import_progress(name: str, *, quiet: bool) -> Iterator[ImportProgress]:
    """Show the progress of reading `name` for as long as the block runs."""
    if quiet:
        yield ImportProgress()
    elif not sys.stderr.isatty():
        yield _Lines(name)
    else:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
        )
        console = Console(stderr=True)
        with Progress(*columns, console=console, transient=True) as progress:
            yield _Bar(name, progress)
