"""`listhub status`: is everything going on? The figures of all rooms at a glance."""

import time
from collections.abc import Sequence
from datetime import timedelta

import click

from listhub.cli.ages import Age
from listhub.cli.context import Context, json_option, pass_context
from listhub.jobs import troubles
from listhub.jobs.troubles import Troubles
from listhub.spool import stats
from listhub.spool.stats import Room

_COLUMNS = (
    *("stage", "oldest", "ready", "in work", "deferred", "parked", "held", "buried"),
    *("most attempts", "settled 1 min", "settled 1 h"),
)


@click.command(short_help="Say whether mail flows: the figures of all rooms.")
@click.option(
    "--late",
    type=Age(),
    default=timedelta(seconds=stats.LATE),
    metavar="AGE",
    help="What waits longer than this is overdue; 5 minutes unless told.",
)
@click.option("--watch", is_flag=True, help="Show it again and again, until Ctrl-C.")
@click.option(
    "--every",
    type=click.FloatRange(0.2, 3600),
    default=2.0,
    show_default=True,
    help="With --watch: seconds between two looks.",
)
@json_option
@pass_context
def status(context: Context, *, late: timedelta, watch: bool, every: float) -> None:
    """Show of each room how long its oldest item has waited, and what is in it.

    An item waits from when its turn began.  "In work" is what is leased now.  A
    figure with ~ is the planner's estimate.

    The exit code is 0 when all is well and 1 when something is overdue or buried, or a
    job fails.  Sources of members that are stopped are told, and are their lists' affair.
    """
    while True:
        figures, by_clock = _look(context)
        late_ones = stats.problems(figures, late=late.total_seconds())
        problems = [*late_ones, *by_clock.problems]
        if watch and not context.as_json:
            click.clear()
        _show(context, figures, by_clock, problems)
        if not watch:
            raise click.exceptions.Exit(1 if problems else 0)
        time.sleep(every)


def _look(context: Context) -> tuple[list[Room], Troubles]:
    from listhub.stages.table import STAGES

    with context.connection() as conn:
        rooms = stats.rooms(conn, [stage.name for stage in STAGES])
        return rooms, troubles.look(conn)


def _show(
    context: Context,
    figures: Sequence[Room],
    by_clock: Troubles,
    problems: Sequence[str],
) -> None:
    if context.as_json:
        context.document(
            {
                "healthy": not problems,
                "problems": problems,
                "remarks": by_clock.remarks,
                "jobs": by_clock.jobs,
                "sources": by_clock.sources,
                "rooms": figures,
            }
        )
        return
    show_rooms(context, figures)
    said = problems or ["All is well."]
    context.text("\n" + "\n".join([*said, *by_clock.remarks]))


def show_rooms(context: Context, figures: Sequence[Room]) -> None:
    """Print the figures as a table, or as JSON."""
    if context.as_json:
        context.document(figures)
    else:
        context.table([_row(room) for room in figures], _COLUMNS)


def _row(room: Room) -> Sequence[object]:
    return (
        room.stage,
        stats.duration(room.oldest),
        _about(room.ready, estimated=room.ready_estimated),
        f"{room.leased:,}",
        _about(room.deferred, estimated=room.deferred_estimated),
        f"{room.parked:,}",
        f"{room.held:,}",
        f"{room.buried:,}",
        room.most_attempts,
        f"{room.settled_minute:,}",
        f"{room.settled_hour:,}",
    )


def _about(number: int, *, estimated: bool) -> str:
    return f"~{number:,}" if estimated else f"{number:,}"
