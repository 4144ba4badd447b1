"""`listhub list`: lists are created, shown, changed, closed and opened again."""

from collections.abc import Sequence
from typing import Any

import click
import psycopg

from listhub.cli.actor import actor
from listhub.cli.config import read_change
from listhub.cli.context import Context, json_option, pass_context
from listhub.cli.roles import moderator, owner
from listhub.cli.statistics import stats
from listhub.config import toml
from listhub.errors import UsageError
from listhub.lists import catalogue, grants, members, settings
from listhub.lists.catalogue import ListRow


@click.group(
    "list",
    short_help="Create, show, change and close lists.",
    commands=[owner, moderator, stats],
)
def list_() -> None:
    """Create, show, change and close lists."""


@list_.command()
@click.argument("address")
@click.option("--owner", "owners", multiple=True, metavar="ADDRESS", help="An owner.")
@click.option("--subject", metavar="TEXT", help="What the list is about.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting of the list.",
)
@json_option
@pass_context
def create(
    context: Context,
    *,
    address: str,
    owners: Sequence[str],
    subject: str | None,
    changes: Sequence[str],
) -> None:
    """Create the list ADDRESS in a domain that is here."""
    values = dict(map(read_change, changes))
    if subject is not None:
        values["subject"] = settings.read_written(
            "subject", subject, source="command line"
        )
    with context.connection() as conn:
        made = catalogue.create_list(
            conn, address, actor=actor(), owners=owners, values=values
        )
    context.result(
        f"{made.address}: created, with {_amount(len(owners), 'owner')}.",
        list=made.address,
        owners=list(owners),
    )


@list_.command()
@click.option("--domain", metavar="NAME", help="Only the lists of this domain.")
@click.option("--closed", is_flag=True, help="Those that are closed, too.")
@json_option
@pass_context
def ls(context: Context, *, domain: str | None, closed: bool) -> None:
    """List the lists."""
    status = None if closed else "open"
    with context.connection() as conn:
        found = catalogue.lists(conn, domain=domain, status=status)
    context.table(
        [(row.address, row.status, row.members, row.sequence) for row in found],
        ("list", "status", "members", "last_post"),
    )


# --- one list -------------------------------------------------------------------


@list_.command()
@click.argument("address")
@json_option
@pass_context
def show(context: Context, *, address: str) -> None:
    """Show a list: its people, its members by reception, its settings in force.

    Behind each setting stands the level that it comes from.
    """
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        owners = grants.holders(conn, found.id, kind="owner")
        moderators = grants.holders(conn, found.id, kind="moderator")
        counts = members.counts(conn, found.id)
        in_force = _settings(conn, found)
    if context.as_json:
        context.document(
            {
                "list": found.address,
                "status": found.status,
                "created_at": found.created_at,
                "closed_at": found.closed_at,
                "last_post": found.sequence,
                "owners": owners,
                "moderators": moderators,
                "members": found.members,
                "receptions": {row.reception: row.members for row in counts},
                "suspended": sum(row.suspended for row in counts),
                "settings": {
                    key: {"value": value, "origin": origin}
                    for key, value, origin in in_force
                },
            }
        )
        return
    since = found.closed_at if found.status == "closed" else found.created_at
    context.text(f"{found.address} is {found.status} since {since:%Y-%m-%d}.\n")
    for title, text in (
        ("last post", str(found.sequence or "none yet")),
        ("members", _members(counts)),
        ("owners", ", ".join(owners) or "none: nobody gets the mail to them"),
        ("moderators", ", ".join(moderators) or "none: the owners moderate"),
    ):
        context.text(f"{title:<11} {text}")
    context.text("")
    context.table(
        # The value last: it may be long.
        [(key, origin, toml.written(value)) for key, value, origin in in_force],
        ("setting", "from", "value"),
    )


def _settings(
    conn: "psycopg.Connection[Any]", found: ListRow
) -> list[tuple[str, object, str]]:
    """Return name, value in force and origin of each setting."""
    levels = settings.load_levels(conn, found.id)
    origins = {key: scope for scope, values in levels.items() for key in values}
    resolved = settings.load_list_settings(conn, found.id)
    return [
        (key, getattr(resolved, key), origins.get(key, "default"))
        for key in settings.SPECS
    ]


def _members(counts: Sequence[members.Count]) -> str:
    total = sum(row.members for row in counts)
    if not total:
        return "none yet"
    parts = ", ".join(f"{row.members} {row.reception}" for row in counts)
    suspended = sum(row.suspended for row in counts)
    return f"{total} ({parts})" + (f", {suspended} suspended" if suspended else "")


@list_.command("set")
@click.argument("address")
@click.option("--unset", multiple=True, metavar="KEY", help="Remove KEY here.")
@click.argument("changes", nargs=-1, metavar="[KEY=VALUE]...")
@json_option
@pass_context
def set_(
    context: Context, *, address: str, unset: Sequence[str], changes: Sequence[str]
) -> None:
    """Set and remove settings of one list."""
    wanted: dict[str, object | None] = dict.fromkeys(unset)
    wanted.update(read_change(change) for change in changes)
    if not wanted:
        raise UsageError("Nothing to set; write KEY=VALUE or --unset KEY.")
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        version = catalogue.change_settings(conn, found, wanted, actor=actor())
    context.result(
        f"{found.address}: version {version} of its settings.",
        list=found.address,
        version=version,
    )


@list_.command()
@click.argument("address")
@json_option
@pass_context
def close(context: Context, *, address: str) -> None:
    """Close a list: it takes no posts, and keeps members, settings and archive."""
    _set_status(context, address, status="closed")


@list_.command("open")
@click.argument("address")
@json_option
@pass_context
def open_(context: Context, *, address: str) -> None:
    """Open a closed list again."""
    _set_status(context, address, status="open")


def _set_status(context: Context, address: str, *, status: str) -> None:
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        changed = catalogue.set_status(conn, found, status, actor=actor())
    context.result(
        f"{found.address}: {'now' if changed else 'already'} {status}.",
        list=found.address,
        status=status,
        changed=changed,
    )


def _amount(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
