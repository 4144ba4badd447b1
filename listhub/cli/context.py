"""What every command is given: the settings, a connection, and ways to print.

A table on a terminal is for reading, in a pipe it is aligned text, and with --json
any output is one JSON document.  What others wrote (subjects, addresses) is printed
without control characters: it must not steer the operator's terminal.
"""

import contextlib
import dataclasses
import functools
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from listhub.config import Loaded, Settings, load_with_origins
from listhub.errors import PermanentError, TemporaryError

if TYPE_CHECKING:
    import psycopg

F = TypeVar("F", bound=Callable[..., object])

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclasses.dataclass(kw_only=True)
class Context:
    """The global options of one command line, and what follows from them, lazily."""

    path: Path | None = None
    directory: Path | None = None
    as_json: bool = False
    environ: Mapping[str, str] = dataclasses.field(default_factory=os.environ.copy)

    @functools.cached_property
    def loaded(self) -> Loaded:
        """The settings with the origin of each; UsageError when something is wrong."""
        if self.directory is None:
            return load_with_origins(self.path, self.environ)
        from listhub.embedded.endpoints import Endpoints, environment

        # The site's own file is for the site's servers, not for those in DIR.
        own = {k: v for k, v in self.environ.items() if k != "LISTHUB_CONFIG"}
        return load_with_origins(
            self.path,
            {**own, **environment(Endpoints.load(self.directory))},
            default=self.directory / "listhub.toml",
        )

    @property
    def settings(self) -> Settings:
        """The settings of this command."""
        return self.loaded.settings

    @contextlib.contextmanager
    def connection(self) -> Iterator["psycopg.Connection[Any]"]:
        """Open a connection: committed at the end, rolled back on an error.

        TemporaryError when the database does not answer, PermanentError when it has
        not been set up.
        """
        import psycopg

        from listhub import db

        try:
            with db.connect(self.settings.database) as connection:
                yield connection
        except psycopg.errors.UndefinedTable as error:
            raise PermanentError(
                "The database has not been set up; run `listhub db upgrade` first.",
                reason=str(error),
            ) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise PermanentError(
                "The database's role may not do this; connect as the role that ran"
                " `listhub db upgrade`.",
                reason=str(error),
            ) from error
        except (
            psycopg.OperationalError,
            psycopg.errors.ReadOnlySqlTransaction,
        ) as error:
            raise TemporaryError(
                "The database does not answer; try again later.", reason=str(error)
            ) from error

    def table(self, rows: Iterable[Sequence[object]], columns: Sequence[str]) -> None:
        """Print rows under their columns, or a JSON list of objects."""
        if self.as_json:
            # strict: a row that does not fit its columns is our mistake.
            self.document([dict(zip(columns, row, strict=True)) for row in rows])
        elif sys.stdout.isatty():
            _rich_table(rows, columns)
        else:
            _plain_table(rows, columns)

    def result(self, sentence: str, **data: object) -> None:
        """Print what was done: one sentence, or its data as a JSON object."""
        if self.as_json:
            self.document(data)
        else:
            self.text(sentence)

    def document(self, value: object) -> None:
        """Print one JSON document."""
        click.echo(json.dumps(value, indent=2, default=_json))

    def text(self, text: str) -> None:
        """Print lines of text without control characters."""
        click.echo("\n".join(clean(line) for line in text.split("\n")))


def json_option(command: F) -> F:
    """Give a command its own --json, so that it may stand behind the command too."""

    def note(ctx: click.Context, _param: click.Parameter, value: object) -> None:
        if value:
            ctx.ensure_object(Context).as_json = True

    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=note,
        help="Print one JSON document.",
    )(command)


pass_context = click.make_pass_decorator(Context, ensure=True)


def clean(value: object) -> str:
    """Return a value as one line of text that cannot steer a terminal."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
    return _CONTROL.sub("\ufffd", str(value))


def _rich_table(rows: Iterable[Sequence[object]], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        # Text, not str: square brackets in a subject are no markup.
        table.add_row(*(Text(clean(value)) for value in row))
    Console().print(table)


def _plain_table(rows: Iterable[Sequence[object]], columns: Sequence[str]) -> None:
    cells = [list(columns), *([clean(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _json(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case set() | frozenset():
            return sorted(value)
        case _:
            pass
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)
