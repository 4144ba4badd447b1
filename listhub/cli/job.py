"""`listhub job`: what is done by the clock, when it was done last, and doing it now."""

from datetime import timedelta

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, json_option, pass_context
from listhub.config.fields import nearest, shown
from listhub.errors import UsageError
from listhub.jobs import schedule
from listhub.jobs.job import Job
from listhub.jobs.table import JOBS, by_name
from listhub.lists import audit

_LAST = """
SELECT DISTINCT ON (job) job, finished_at, detail FROM job_run
 WHERE finished_at IS NOT NULL ORDER BY job, finished_at DESC
"""
_HISTORY = """
SELECT id, job, due_at, extract(epoch FROM finished_at - started_at)::float8,
       coalesce(outcome, CASE WHEN started_at IS NULL THEN 'due' ELSE 'running' END),
       detail
  FROM job_run WHERE %(job)s::text IS NULL OR job = %(job)s
 ORDER BY due_at DESC, id DESC LIMIT %(limit)s
"""


@click.group(short_help="Show and run what is done by the clock.")
def job() -> None:
    """Show and run what is done by the clock, by whichever host is free."""


@job.command()
@json_option
@pass_context
def ls(context: Context) -> None:
    """List the jobs: how often each runs, and when it did last."""
    with context.connection() as conn:
        last = {name: (at, said) for name, at, said in conn.execute(_LAST)}
    rows = [
        (each.name, _words(each.every), last.get(each.name, (None,))[0], each.about)
        for each in JOBS
    ]
    context.table(rows, ("job", "every", "last_done", "about"))


@job.command()
@click.argument("name")
@json_option
@pass_context
def run(context: Context, *, name: str) -> None:
    """Make the job NAME due now; the next free worker runs it."""
    wanted = _job(name)
    with context.connection() as conn:
        run_id = schedule.run_now(conn, wanted)
        audit.note(
            conn,
            actor=actor(),
            action="job.run",
            subject=wanted.name,
            detail={"run": run_id},
        )
    context.result(
        f"{wanted.name}: run {run_id} is due, and the next free worker takes it.",
        job=wanted.name,
        run=run_id,
    )


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
        rows = conn.execute(_HISTORY, {"job": wanted, "limit": limit}).fetchall()
    context.table(rows, ("run", "job", "due", "seconds", "outcome", "detail"))


def _words(every: timedelta) -> str:
    hours, minutes = divmod(every // timedelta(minutes=1), 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts) or f"{every.total_seconds():g} s"


def _job(name: str) -> Job:
    found = by_name(name)
    if found is None:
        raise UsageError(
            f"There is no job {shown(name)[1:-1]}; did you mean"
            f" {nearest(name, [each.name for each in JOBS])}?"
        )
    return found
