"""`listhub list stats`: what a list did, by the day, the month or the year."""

import dataclasses
from datetime import UTC, datetime, timedelta

import click

from listhub import clock
from listhub.cli.context import Context, json_option, pass_context
from listhub.errors import UsageError
from listhub.lists import catalogue, statistics
from listhub.lists.settings import find_level
from listhub.lists.statistics import Figures, Unit

#: How far back one looks, unless told.
_BACK = {
    "day": timedelta(days=30),
    "month": timedelta(days=365),
    "year": timedelta(days=3650),
}
_COLUMNS = (
    *("from", "posts", "bytes", "delivered", "failed", "deferred"),
    *("joined", "left", "held", "approved", "rejected"),
)

_day = click.DateTime(formats=["%Y-%m-%d"])


@click.command(short_help="Show what a list did, by the day, month or year.")
@click.argument("address", metavar="[LIST]", required=False)
@click.option("--domain", metavar="NAME", help="All lists of this domain together.")
@click.option(
    "--by",
    "unit",
    type=click.Choice(["day", "month", "year"]),
    default="day",
    show_default=True,
    help="Of which length of time a line tells.",
)
@click.option(
    "--since",
    type=_day,
    metavar="DAY",
    help="From this day on, such as 2026-11-30; 30 days, a year or ten unless told.",
)
@click.option(
    "--until", type=_day, metavar="DAY", help="To this day; today unless told."
)
@json_option
@pass_context
def stats(
    context: Context,
    *,
    address: str | None,
    domain: str | None,
    unit: Unit,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Show what LIST did; without one, all lists of the site or of a domain together.

    Days are those of UTC.  They are counted every hour by the job count-statistics.
    With --json those who came and went are told apart by whose word it was.
    """
    if address and domain:
        raise UsageError("Name a list or --domain, not both.")
    last = (until or clock.now().astimezone(UTC)).date()
    first = since.date() if since else last - _BACK[unit]
    if since is None and unit != "day":
        # No half of a month: it would look like a bad one.
        first = first.replace(day=1, **({"month": 1} if unit == "year" else {}))
    if first > last:
        raise UsageError(f"There is no day from {first} to {last}.")
    after = last + timedelta(days=1)
    with context.connection() as conn:
        if address:
            found = catalogue.find_list(conn, address)
            figures = statistics.of_list(
                conn, found.id, since=first, until=after, unit=unit
            )
        else:
            domain_id = find_level(conn, domain=domain)["domain_id"]
            figures = statistics.of_site(
                conn, since=first, until=after, unit=unit, domain_id=domain_id
            )
    if context.as_json:
        context.document([dataclasses.asdict(each) for each in figures])
        return
    if not figures:
        context.text(f"Nothing is counted from {first} to {last}.")
        return
    rows = [(str(each.day), *_row(each)) for each in figures]
    total = statistics.total(figures, day=first)
    context.table([*rows, ("all", *_row(total))], _COLUMNS)


def _row(figures: Figures) -> tuple[str, ...]:
    numbers = (
        *(figures.posts, figures.bytes_in),
        *(figures.delivered, figures.failed, figures.deferred),
        *(figures.joined, figures.left),
        *(figures.held, figures.approved, figures.rejected),
    )
    return tuple(f"{number:,}" for number in numbers)
