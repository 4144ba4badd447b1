"""`listhub family file`: scenarios, filters and texts that a family's lists share."""

from typing import TYPE_CHECKING, Any

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, json_option, pass_context
from listhub.cli.own_files import read_text
from listhub.errors import UsageError
from listhub.lists import files
from listhub.lists.families import register
from listhub.lists.files import Level

if TYPE_CHECKING:
    import psycopg

_name = click.argument("name", metavar="NAME")
_path = click.argument("path", metavar="PATH")


@click.group("file", short_help="Scenarios, filters and texts of a family.")
def file_() -> None:
    """Scenarios, filters and texts of a family: they come before those of its lists.

    PATH is as in Sympa's directories: scenari/send.staff, search_filters/blocklist.txt,
    mail_tt2/welcome, message_footer.
    """


@file_.command(short_help="Write FILE as PATH of the family NAME.")
@_name
@_path
@click.argument("file", type=click.File("rb"))
@json_option
@pass_context
def put(context: Context, *, name: str, path: str, file: Any) -> None:
    """Write FILE (- for standard input) as PATH of the family NAME."""
    text = read_text(file.read(), name=file.name)
    with context.connection() as conn:
        version = files.write(conn, path, text, level=_level(conn, name), actor=actor())
    context.result(
        f"{path}: in force for the family {name}.",
        path=path,
        family=name,
        version=version,
    )


@file_.command(short_help="Remove PATH of the family NAME.")
@_name
@_path
@json_option
@pass_context
def rm(context: Context, *, name: str, path: str) -> None:
    """Remove PATH of the family NAME; its lists have their own again."""
    with context.connection() as conn:
        level = _level(conn, name)
        newest = files.history(conn, path, level=level, limit=1)
        if not newest or newest[0].content is None:
            raise UsageError(f"The family {name} has no file {path}.")
        files.write(conn, path, None, level=level, actor=actor())
    context.result(f"{path}: removed from the family {name}.", path=path, family=name)


@file_.command(short_help="List the files of the family NAME.")
@_name
@json_option
@pass_context
def ls(context: Context, *, name: str) -> None:
    """List the files of the family NAME."""
    with context.connection() as conn:
        register.find(conn, name)
        found = register.files_of(conn, name)
    context.table(found, ("path", "changed_by", "changed_at"))


def _level(conn: "psycopg.Connection[Any]", name: str) -> Level:
    register.find(conn, name)
    return Level(scope="family", family=name, name=f"the family {name}")
