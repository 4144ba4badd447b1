"""`listhub family make` and the like: the lists of a family."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, json_option, pass_context
from listhub.config.reading import read_file
from listhub.errors import PermanentError
from listhub.lists import catalogue
from listhub.lists.families import instances, making, overview, register, roll
from listhub.lists.families.making import Order, Report
from listhub.lists.families.roll import Line

#: Lists of one transaction.
_BATCH = 200

_name = click.argument("name", metavar="NAME")
_file = click.argument("file", type=click.Path(path_type=Path))
_dry_run = click.option("--dry-run", is_flag=True, help="Only say what it would do.")


@click.command(short_help="Make and change lists of NAME from FILE.")
@_name
@_file
@click.option("--adopt", is_flag=True, help="Take in lists that are here already.")
@click.option(
    "--close-others", is_flag=True, help="Close lists of the family not in FILE."
)
@_dry_run
@json_option
@pass_context
def make(
    context: Context,
    *,
    name: str,
    file: Path,
    adopt: bool,
    close_others: bool,
    dry_run: bool,
) -> None:
    """Make and change lists of the family NAME, one for each line of FILE.

    FILE is CSV with a header, or a JSON list of objects: `list` and the list's own
    values.  What owners have set themselves stays, as far as the family lets it.
    """
    with context.connection() as conn:
        kept = register.find(conn, name)
    lines = roll.read(read_file(file), name=str(file), family=kept.family)
    order = Order(
        actor=actor(), settings=context.settings, adopt=adopt, dry_run=dry_run
    )
    reports = list(_make_all(context, name, lines, order))
    if close_others:
        keep = frozenset(line.address for line in lines)
        reports += _close(context, name, order, keep=keep)
    _say(context, reports)


def _make_all(
    context: Context, name: str, lines: Sequence[Line], order: Order
) -> Iterator[Report]:
    for start in range(0, len(lines), _BATCH):
        with context.connection() as conn:
            some = lines[start : start + _BATCH]
            yield from making.make_all(conn, name, some, order)


def _close(
    context: Context, name: str, order: Order, *, keep: frozenset[str] = frozenset()
) -> list[Report]:
    with context.connection() as conn:
        return list(making.close_others(conn, name, order, keep=keep))


def _say(context: Context, reports: Sequence[Report]) -> None:
    rows = [(each.address, each.what, each.note) for each in reports]
    context.table(rows, ("list", "what", "note"))
    refused = sum(each.what == "refused" for each in reports)
    if refused:
        lines = "1 line was" if refused == 1 else f"{refused} lines were"
        raise PermanentError(f"{lines} refused; the report says why.")


@click.command(short_help="Close all lists of the family NAME.")
@_name
@_dry_run
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_context
def close(context: Context, *, name: str, dry_run: bool, yes: bool) -> None:
    """Close all lists of the family NAME; their owners are told.

    They keep members, settings and archives; `make` with a line of theirs opens them.
    """
    with context.connection() as conn:
        register.find(conn, name)
        lists = [m for m in overview.members(conn, name) if m.status != "closed"]
    if lists and not yes and not dry_run:
        click.confirm(f"Close {len(lists)} lists?", abort=True, err=True)
    order = Order(actor=actor(), settings=context.settings, dry_run=dry_run)
    _say(context, _close(context, name, order))


@click.command(short_help="Let LIST leave its family.")
@click.argument("address", metavar="LIST")
@json_option
@pass_context
def leave(context: Context, *, address: str) -> None:
    """Let LIST leave its family; its settings in force become its own."""
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        instances.leave(conn, found, actor=actor())
    context.result(f"{found.address}: of no family any more.", list=found.address)


@click.command(short_help="Show how the lists of NAME stand to it.")
@_name
@json_option
@pass_context
def check(context: Context, *, name: str) -> None:
    """Show which lists of NAME follow it, and which settings they have otherwise."""
    with context.connection() as conn:
        register.find(conn, name)
        lists = overview.members(conn, name)
    columns = ("list", "status", "automatic", "version", "own", "problem")
    rows = [
        (
            each.address,
            each.status,
            each.automatic,
            each.follows,
            each.own if context.as_json else ", ".join(each.own) or None,
            each.problem,
        )
        for each in lists
    ]
    context.table(rows, columns)
