"""What people order of jobs: run one now, pause it, resume it; all of it is audited."""

from typing import Any

import psycopg

from listhub.jobs import runs, schedule
from listhub.jobs.job import AnyJob, Job
from listhub.lists import audit

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('job/' || %s, 0))"


def run(
    conn: "psycopg.Connection[Any]", job: AnyJob, *, actor: str, how: str
) -> list[int]:
    """Make a job due now; return its runs, none if it is due or at work already."""
    # Who clicks twice, or at the same time as somebody else: the second one sees it.
    conn.execute(_LOCK, [job.name])
    if isinstance(job, Job):
        [standing] = runs.standings(conn, [job])
        if standing.due or standing.running:
            return []
    made = schedule.run_now(conn, job)
    if made:
        _note(conn, job, "run", actor=actor, how=how, run=made[0], runs=len(made))
    return made


def pause(
    conn: "psycopg.Connection[Any]", job: AnyJob, *, actor: str, how: str
) -> bool:
    """Make no more runs of a job until it is resumed; False if it was paused already."""
    changed = schedule.pause(conn, job, actor=actor)
    if changed:
        _note(conn, job, "pause", actor=actor, how=how)
    return changed


def resume(
    conn: "psycopg.Connection[Any]", job: AnyJob, *, actor: str, how: str
) -> bool:
    """Make runs of a job again; False if it was not paused."""
    changed = schedule.resume(conn, job)
    if changed:
        _note(conn, job, "resume", actor=actor, how=how)
    return changed


def _note(
    conn: "psycopg.Connection[Any]",
    job: AnyJob,
    action: str,
    *,
    actor: str,
    how: str,
    **detail: object,
) -> None:
    audit.note(
        conn,
        actor=actor,
        action=f"job.{action}",
        subject=job.name,
        detail={**detail, "how": how},
    )
