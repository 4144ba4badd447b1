"""`listhub bounce ls`, `log`, `undo` …: members whose mail comes back, and what follows."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, json_option, pass_context
from listhub.errors import UsageError
from listhub.lists import catalogue
from listhub.lists.bouncing import browse, undo as undoing
from listhub.lists.settings import find_level

if TYPE_CHECKING:
    import psycopg

_BOUNCING = (
    *("address", "score", "nobody", "level", "reports", "first", "last", "class"),
    *("status", "said"),
)
_LOGGED = (
    *("action", "at", "list", "address", "what", "why", "level", "score", "outcome"),
    "undone_by",
)
_SET_ASIDE = (
    *("opened", "list", "message", "destination", "day", "bounced", "of", "class"),
    "said",
)
_one_list = click.option(
    "--list", "address", metavar="ADDRESS", required=True, help="Of this list."
)
_a_list = click.option("--list", "address", metavar="ADDRESS", help="Of this list.")
_limit = click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
    help="How many, the newest first.",
)
_day = click.option(
    "--day",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Of this day, in UTC.",
)


@click.command()
@_one_list
@json_option
@pass_context
def ls(context: Context, *, address: str) -> None:
    """List the members whose mail comes back, the worst first.

    The score says how bad it is; under `nobody` only reports count that say that there
    is no such user, and only that leads to removal.
    """
    with context.connection() as conn:
        found = browse.bouncing(conn, catalogue.find_list(conn, address).id)
    rows = [
        (
            one.score.address,
            one.score.score,
            one.score.nobody,
            one.level,
            one.score.reports,
            one.score.first_at,
            one.score.last_at,
            one.score.trouble,
            one.score.status,
            one.score.diagnostic,
        )
        for one in found
    ]
    context.table(rows, _BOUNCING)


@click.command()
@_a_list
@_day
@_limit
@json_option
@pass_context
def log(
    context: Context, *, address: str | None, day: datetime | None, limit: int
) -> None:
    """List what was done because of bounces and complaints, newest first."""
    with context.connection() as conn:
        found = browse.log(
            conn,
            list_id=_list_id(conn, address),
            day=day.date() if day else None,
            limit=limit,
        )
    rows = [
        (
            one.id,
            one.at,
            one.list,
            one.address,
            one.action,
            one.why,
            one.level,
            one.score,
            one.outcome,
            one.undone_by,
        )
        for one in found
    ]
    context.table(rows, _LOGGED)


@click.command()
@_a_list
@_limit
@json_option
@pass_context
def breakers(context: Context, *, address: str | None, limit: int) -> None:
    """List the groups of reports that count against nobody, newest first."""
    with context.connection() as conn:
        found = browse.breakers(conn, list_id=_list_id(conn, address), limit=limit)
    rows = [
        (
            one.opened_at,
            one.list,
            one.outgoing_id,
            one.destination,
            one.day,
            one.bounced,
            one.recipients,
            one.trouble,
            one.diagnostic,
        )
        for one in found
    ]
    context.table(rows, _SET_ASIDE)


@click.command()
@click.argument("members", nargs=-1, metavar="[MEMBER...]")
@_one_list
@click.option("--all", "everybody", is_flag=True, help="All members of the list.")
@json_option
@pass_context
def reset(
    context: Context, *, members: tuple[str, ...], address: str, everybody: bool
) -> None:
    """Let what was reported of each MEMBER until now count no longer."""
    if bool(members) == everybody:
        raise UsageError(
            "Name the members whose bounces are to be reset, or say --all."
        )
    with context.connection() as conn:
        count = browse.reset(
            conn,
            catalogue.find_list(conn, address).id,
            None if everybody else members,
            actor=actor(),
        )
    context.result(f"Members of {address} that were reset: {count}.", reset=count)


@click.command()
@click.argument("ids", nargs=-1, type=click.IntRange(1), metavar="[ID...]")
@_day
@_a_list
@json_option
@pass_context
def undo(
    context: Context,
    *,
    ids: tuple[int, ...],
    day: datetime | None,
    address: str | None,
) -> None:
    """Take back the actions with these IDs, or all of a day, exactly.

    Members who were removed come back with all their options, suspensions end, and what
    was reported until now counts no longer. `listhub bounce log` shows the IDs.
    """
    if bool(ids) == (day is not None):
        raise UsageError("Name the actions that are to be undone, or say --day.")
    if ids and address:
        raise UsageError("--list goes with --day: an action has its list.")
    with context.connection() as conn:
        found = (
            [undoing.undo(conn, each, actor=actor()) for each in ids]
            if day is None
            else undoing.undo_day(
                conn, day.date(), list_id=_list_id(conn, address), actor=actor()
            )
        )
    if context.as_json:
        context.document(found)
        return
    for one in found:
        context.text(f"{one.id}: {one.sentence}")
    if not found:
        context.text("Nothing was done on that day that is not undone.")


@click.command()
@click.option("--domain", metavar="NAME", help="Of this domain.")
@json_option
@pass_context
def suppressed(context: Context, *, domain: str | None) -> None:
    """List the addresses that get no list's mail of a domain."""
    with context.connection() as conn:
        found = browse.suppressed(
            conn,
            domain_id=find_level(conn, domain=domain)["domain_id"] if domain else None,
        )
    rows = [(one.domain, one.address, one.why, one.since) for one in found]
    context.table(rows, ("domain", "address", "why", "since"))


@click.command()
@click.argument("person", metavar="PERSON")
@click.option("--domain", metavar="NAME", required=True, help="The lists' domain.")
@json_option
@pass_context
def release(context: Context, *, person: str, domain: str) -> None:
    """Let PERSON get mail of a domain's lists again."""
    with context.connection() as conn:
        number = find_level(conn, domain=domain)["domain_id"]
        if not browse.release(conn, number or 0, person, actor=actor()):
            raise UsageError(f"{person} is not suppressed on {domain}.")
    context.result(f"{person} gets mail of {domain} again.", address=person)


def _list_id(conn: "psycopg.Connection[Any]", address: str | None) -> int | None:
    return catalogue.find_list(conn, address).id if address else None


#: For the group `bounce`, in the order of its help.
COMMANDS = (ls, log, breakers, reset, undo, suppressed, release)
