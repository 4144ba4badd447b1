"""`listhub family`: templates of lists, and many lists made of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, clean, json_option, pass_context
from listhub.cli.family_files import file_
from listhub.cli.family_lists import check, close, leave, make
from listhub.config.reading import read_file
from listhub.errors import UsageError
from listhub.lists import catalogue, directory
from listhub.lists.directory import Destination, Refusal
from listhub.lists.families import (
    automatic,
    document,
    following,
    instances,
    overview,
    pattern as patterns,
    reading,
    register,
)
from listhub.lists.families.following import Followed

if TYPE_CHECKING:
    import psycopg

#: Lists of one transaction, and more lists than any family has.
_BATCH, _ALL = 200, 1_000_000

_name = click.argument("name", metavar="NAME")
_file = click.argument("file", type=click.Path(path_type=Path))
_dry_run = click.option("--dry-run", is_flag=True, help="Only say what it would do.")


@click.group(
    short_help="Make many lists of one template.",
    commands=[make, close, leave, check, file_],
)
def family() -> None:
    """Make many lists of one template, by a file or by their first posts.

    A family says what its lists have in common: settings, which of them lists may not
    change, owners, data sources, files.  A change of it reaches all of its lists.
    """


@family.command()
@json_option
@pass_context
def ls(context: Context) -> None:
    """List the families."""
    with context.connection() as conn:
        found = register.families(conn)
    columns = ("family", "domain", "pattern", "open", "closed", "problems", "version")
    rows = [
        (
            each.name,
            each.domain,
            each.pattern,
            each.open,
            each.closed,
            each.problems,
            each.version,
        )
        for each in found
    ]
    context.table(rows, columns)


@family.command()
@_name
@json_option
@pass_context
def show(context: Context, *, name: str) -> None:
    """Show the family NAME as TOML, for `put`; passwords are hidden.

    A password that is put back hidden stays as it is.
    """
    with context.connection() as conn:
        kept = register.find(conn, name)
    if context.as_json:
        shown = document.document(document.without_secrets(kept.family))
        context.document({"family": name, "version": kept.version, **shown})
    else:
        click.echo(document.text_of(kept.family), nl=False)


@family.command(short_help="Write the family NAME from the TOML in FILE.")
@_name
@_file
@_dry_run
@json_option
@pass_context
def put(context: Context, *, name: str, file: Path, dry_run: bool) -> None:
    """Write the family NAME from the TOML in FILE (- for standard input).

    Its lists follow at once.  One that cannot, since its values break the rules now,
    stays as it was and is named.
    """
    wanted = reading.read(read_file(file), source=str(file))
    with context.connection() as conn:
        version = register.put(
            conn, name, wanted, actor=actor(), settings=context.settings
        )
        followed = _follow(context, conn, name, limit=_ALL) if dry_run else []
        if dry_run:
            conn.rollback()
    if not dry_run:
        followed = _follow_in_batches(context, name)
    _say_followed(context, name, followed, version=version, dry_run=dry_run)


def _follow_in_batches(context: Context, name: str) -> list[Followed]:
    """Let all lists follow, some hundred in one transaction."""
    followed: list[Followed] = []
    while True:
        with context.connection() as conn:
            some = _follow(context, conn, name, limit=_BATCH)
        followed += some
        if not some:
            return followed


def _follow(
    context: Context, conn: "psycopg.Connection[Any]", name: str, *, limit: int
) -> list[Followed]:
    return following.follow(
        conn, name, actor=actor(), settings=context.settings, limit=limit
    )


def _say_followed(
    context: Context,
    name: str,
    followed: Sequence[Followed],
    *,
    version: int,
    dry_run: bool,
) -> None:
    cannot = [each for each in followed if each.problem]
    for each in cannot:
        click.echo(clean(f"{each.address}: {each.problem}"), err=True)
    can = len(followed) - len(cannot)
    context.result(
        f"{name}: {'would be version' if dry_run else 'version'} {version}; {can} of its"
        f" lists follow, {len(cannot)} cannot.",
        family=name,
        version=version,
        follow=can,
        cannot={each.address: each.problem for each in cannot},
        no_longer_own={each.address: each.gone for each in followed if each.gone},
    )


@family.command(short_help="Remove the family NAME.")
@_name
@json_option
@pass_context
def rm(context: Context, *, name: str) -> None:
    """Remove the family NAME, which has no open lists; closed ones keep their settings."""
    with context.connection() as conn:
        register.find(conn, name)
        for each in overview.members(conn, name):
            if each.status == "closed":
                found = catalogue.find_list(conn, each.address)
                instances.leave(conn, found, actor=actor())
        register.remove(conn, name, actor=actor())
    context.result(f"{name}: removed.", family=name)


@family.command(short_help="Say which family would make a list of ADDRESS.")
@click.argument("address")
@json_option
@pass_context
def match(context: Context, *, address: str) -> None:
    """Say which family would make a list of ADDRESS at its first post, and its fields."""
    asked = directory.read(address)
    with context.connection() as conn:
        where = directory.find(conn, [address])[address]
        kept = automatic.family_of(conn, asked.list_address, settings=context.settings)
    if isinstance(where, Destination) and where.list_id is not None:
        raise UsageError(f"The list {asked.list_address} is here already.")
    if kept is None or isinstance(where, Refusal):
        raise UsageError(f"No family would make a list of {clean(address)}.")
    name = asked.list_address.partition("@")[0]
    fields = patterns.parse(kept.family.pattern).read(name) or {}
    said = ", ".join(f"{key}={value}" for key, value in fields.items())
    context.result(
        f"{asked.list_address}: {kept.name} would make it, with {said}.",
        list=asked.list_address,
        family=kept.name,
        fields=fields,
    )
