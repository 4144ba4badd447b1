"""`listhub job`: what is done by the clock, when it was done last, and doing it now."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, json_option, pass_context
from listhub.config.fields import nearest, shown
from listhub.errors import UsageError
from listhub.jobs import runs, schedule
from listhub.jobs.job import AnyJob
from listhub.jobs.table import JOBS, by_name
from listhub.lists import audit

if TYPE_CHECKING:
    import psycopg

_COLUMNS = ("run", "job", "scope", "due", "seconds", "failures", "outcome", "detail")


@click.group(short_help="Show and run what is done by the clock.")
def job() -> None:
    """Show and run what is done by the clock, by whichever host is free."""


@job.command()
@json_option
@pass_context
def ls(context: Context) -> None:
    """List the jobs: how often each runs, and when it did last."""
    with context.connection() as conn:
        found = runs.standings(conn, JOBS)
    rows = [
        (
            each.name,
            _words(each.every),
            each.scope,
            one.state if one.paused_at or one.failing else one.outcome or "-",
            one.last_at,
            one.seconds,
            each.about,
        )
        for each, one in zip(JOBS, found, strict=True)
    ]
    context.table(
        rows, ("job", "every", "scope", "state", "last_done", "seconds", "about")
    )


@job.command()
@click.argument("name")
@click.option(
    "--for",
    "only",
    metavar="NAME",
    help="Only for this domain or list, if it has some.",
)
@json_option
@pass_context
def run(context: Context, *, name: str, only: str | None) -> None:
    """Make the job NAME due now; the next free worker runs it."""
    wanted = _job(name)
    if only and wanted.scope == "site":
        raise UsageError(f"{wanted.name} is of the whole site; leave --for out.")
    with context.connection() as conn:
        made = schedule.run_now(conn, wanted, only=only)
        if not made:
            raise UsageError(f"{wanted.name} has nothing to do, or is at it.")
        _note(conn, wanted, "job.run", run=made[0], runs=len(made))
    if len(made) > 1:
        said = f"{len(made):,} runs are due, and the next free workers take them."
    else:
        said = f"run {made[0]} is due, and the next free worker takes it."
    context.result(f"{wanted.name}: {said}", job=wanted.name, run=made[0])


@job.command()
@click.argument("name")
@json_option
@pass_context
def pause(context: Context, *, name: str) -> None:
    """Run the job NAME no more until it is resumed; what is at work ends."""
    wanted = _job(name)
    with context.connection() as conn:
        if not schedule.pause(conn, wanted, actor=actor()):
            raise UsageError(f"{wanted.name} is paused already.")
        _note(conn, wanted, "job.pause")
    context.result(
        f"{wanted.name} is paused; `listhub job resume {wanted.name}` ends that.",
        job=wanted.name,
    )


@job.command()
@click.argument("name")
@json_option
@pass_context
def resume(context: Context, *, name: str) -> None:
    """Run the paused job NAME again, from its next slot on."""
    wanted = _job(name)
    with context.connection() as conn:
        if not schedule.resume(conn, wanted):
            raise UsageError(f"{wanted.name} is not paused.")
        _note(conn, wanted, "job.resume")
    context.result(f"{wanted.name} is run again.", job=wanted.name)


@job.command()
@click.argument("name", required=False)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="How many runs, the latest first.",
)
@json_option
@pass_context
def history(context: Context, *, name: str | None, limit: int) -> None:
    """Show the latest runs, of all jobs or of the job NAME."""
    wanted = _job(name).name if name is not None else None
    with context.connection() as conn:
        found = runs.history(conn, wanted, size=limit).rows
    rows = [
        (
            *(one.id, one.job, one.scope, one.due, one.seconds, one.failures),
            *(one.outcome, one.detail),
        )
        for one in found
    ]
    context.table(rows, _COLUMNS)


def _note(
    conn: "psycopg.Connection[Any]", wanted: AnyJob, action: str, **detail: object
) -> None:
    audit.note(conn, actor=actor(), action=action, subject=wanted.name, detail=detail)


def _words(every: timedelta) -> str:
    hours, minutes = divmod(every // timedelta(minutes=1), 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts) or f"{every.total_seconds():g} s"


def _job(name: str) -> AnyJob:
    found = by_name(name)
    if found is None:
        raise UsageError(
            f"There is no job {shown(name)[1:-1]}; did you mean"
            f" {nearest(name, [each.name for each in JOBS])}?"
        )
    return found
