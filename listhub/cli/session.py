"""`listhub session`: who is signed in to the web pages, and how to end it."""

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, json_option, pass_context
from listhub.errors import UsageError
from listhub.lists import audit, persons
from listhub.lists.accounts import passwords, second_factor, sessions


@click.group(short_help="See and end where somebody is signed in.")
def session() -> None:
    """See and end where somebody is signed in to the web pages."""


@session.command()
@click.argument("address", metavar="ADDRESS")
@json_option
@pass_context
def ls(context: Context, *, address: str) -> None:
    """List where ADDRESS is signed in, the last one seen first."""
    with context.connection() as conn:
        person_id = persons.find(conn, address) or 0
        found = sessions.of_person(conn, person_id, settings=context.settings)
    context.table(
        [
            (
                *(each.method, each.second_factor, each.came_from, each.user_agent),
                *(each.created_at, each.seen_at, each.expires_at),
            )
            for each in found
        ],
        ("by", "second factor", "from", "browser", "since", "seen", "expires"),
    )


@session.command()
@click.argument("address", metavar="ADDRESS")
@click.option(
    "--reset",
    is_flag=True,
    help="Take password and second factor away, too; a link by mail still signs in.",
)
@json_option
@pass_context
def end(context: Context, *, address: str, reset: bool) -> None:
    """Sign ADDRESS out everywhere.

    --reset is for somebody who has lost the second factor, or whose password others
    know.
    """
    settings = context.settings
    with context.connection() as conn:
        person_id = persons.find(conn, address)
        if person_id is None:
            raise UsageError(f"Nobody here has the address {address}.")
        ended = sessions.end_others(conn, person_id)
        taken = []
        if reset and passwords.remove(
            conn, person_id, settings=settings, actor=actor()
        ):
            taken.append("password")
        if reset and second_factor.remove(
            conn, person_id, settings=settings, actor=actor()
        ):
            taken.append("second factor")
        detail = {"sessions": ended}
        audit.note(
            conn, actor=actor(), action="session.end", subject=address, detail=detail
        )
    also = f"; taken away: {' and '.join(taken)}" if taken else ""
    context.result(
        f"{address}: {ended} session{'' if ended == 1 else 's'} ended{also}.",
        address=address,
        ended=ended,
        taken=taken,
    )
