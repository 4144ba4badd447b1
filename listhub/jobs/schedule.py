"""The scheduler without a singleton: any number of them, one run per job and slot.

Time is cut into slots of the job's cadence, by the database's clock.  Every host
tries to insert the run of the present slot; the unique index lets one succeed, and
its spool item is put in the same transaction.  For a job of many domains or lists the
first such row stands for all of them, and whoever inserts it makes their runs.

A slot is passed over while an earlier run waits or is at work, while the job is
paused, and for a while after it failed.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from listhub.jobs.job import AnyJob, FanOut, Job
from listhub.spool import store
from listhub.spool.items import NewItem

TASK = "task"
SITE = "site"
#: The scope of the row that stands for all runs of a slot.
ALL = "*"
#: For so long a job is let be once all attempts of a run have failed.
REST = timedelta(minutes=15)

# The latest run alone is looked at: it is found along the unique index.
_BUSY = """
EXISTS (
    SELECT FROM (
        SELECT item_id, finished_at, outcome FROM job_run AS earlier
         WHERE earlier.job = %(job)s AND earlier.scope = {scope}
         ORDER BY due_at DESC LIMIT 1
    ) AS latest
     WHERE (latest.outcome = 'failed' AND latest.finished_at > now() - %(rest)s)
        OR (latest.finished_at IS NULL
            AND EXISTS (SELECT FROM spool_item
                         WHERE spool_item.id = latest.item_id
                           AND spool_item.state IN ('ready', 'deferred')))
)
"""
_INSERT = f"""
INSERT INTO job_run (job, scope, due_at)
SELECT %(job)s, %(scope)s, date_bin(%(every)s, now(), 'epoch')
 WHERE NOT EXISTS (SELECT FROM job_pause WHERE job_pause.job = %(job)s)
   AND NOT {_BUSY.format(scope="%(scope)s")}
    ON CONFLICT (job, scope, due_at) DO NOTHING
RETURNING id, due_at
"""  # noqa: S608 - put together from constants
_FAN_OUT = f"""
WITH target AS MATERIALIZED ({{targets}}),
made AS (
    INSERT INTO job_run (job, scope, due_at)
    SELECT %(job)s, target.name, %(due_at)s FROM target
     WHERE (%(only)s::text IS NULL OR target.name = %(only)s)
       AND NOT {_BUSY.format(scope="target.name")}
     ORDER BY target.name
        ON CONFLICT (job, scope, due_at) DO NOTHING
    RETURNING id, scope
)
SELECT made.id, target.id, made.scope
  FROM made JOIN target ON target.name = made.scope ORDER BY made.id
"""  # noqa: S608 - put together from constants
_FANNED_OUT = """
UPDATE job_run SET started_at = due_at, finished_at = clock_timestamp(),
       outcome = 'done', detail = %s WHERE id = %s
"""
# Beside the slots: a person asked for it.
_NOW = """
INSERT INTO job_run (job, due_at) VALUES (%s, clock_timestamp()) RETURNING id
"""
_ITEMS = """
UPDATE job_run AS run SET item_id = put.item
  FROM unnest(%s::bigint[], %s::bigint[]) AS put (id, item) WHERE run.id = put.id
"""
_PAUSE = """
INSERT INTO job_pause (job, paused_by) VALUES (%s, %s) ON CONFLICT (job) DO NOTHING
"""


class Due(NamedTuple):
    """A run that has been made, and the domain or list that it is for."""

    run_id: int
    target: int | None = None
    scope: str = SITE


def tick(conn: "psycopg.Connection[Any]", jobs: Sequence[AnyJob]) -> int:
    """Make due what is due now; return how many runs this call has made."""
    return sum(_make_due(conn, job) for job in jobs)


def _make_due(conn: "psycopg.Connection[Any]", job: AnyJob) -> int:
    scope = SITE if isinstance(job, Job) else ALL
    values = {"job": job.name, "every": job.every, "scope": scope, "rest": REST}
    row = conn.execute(_INSERT, values).fetchone()
    if row is None:
        return 0
    if isinstance(job, Job):
        return _put(conn, job, [Due(row[0])])
    due = _targets(conn, job, due_at=row[1])
    conn.execute(_FANNED_OUT, [f"{len(due)} runs made", row[0]])
    return _put(conn, job, due)


def run_now(
    conn: "psycopg.Connection[Any]", job: AnyJob, *, only: str | None = None
) -> list[int]:
    """Make a job due now, beside its slots, and return the ids of its runs.

    Of a job of many domains or lists, `only` names one; those at work are left to it.
    """
    if isinstance(job, Job):
        [(run_id,)] = conn.execute(_NOW, [job.name]).fetchall()
        due = [Due(run_id)]
    else:
        [(now,)] = conn.execute("SELECT clock_timestamp()").fetchall()
        due = _targets(conn, job, due_at=now, only=only, asked=True)
    _put(conn, job, due, asked=True)
    return [each.run_id for each in due]


def pause(conn: "psycopg.Connection[Any]", job: AnyJob, *, actor: str) -> bool:
    """Make no more runs of a job until it is resumed; False if it was paused already."""
    return conn.execute(_PAUSE, [job.name, actor]).rowcount == 1


def resume(conn: "psycopg.Connection[Any]", job: AnyJob) -> bool:
    """Make runs of a job again; False if it was not paused."""
    return (
        conn.execute("DELETE FROM job_pause WHERE job = %s", [job.name]).rowcount == 1
    )


def is_paused(conn: "psycopg.Connection[Any]", job: AnyJob) -> bool:
    """Tell whether a job is paused."""
    found = conn.execute("SELECT FROM job_pause WHERE job = %s", [job.name]).fetchone()
    return found is not None


def _targets(
    conn: "psycopg.Connection[Any]",
    job: FanOut,
    *,
    due_at: datetime,
    only: str | None = None,
    asked: bool = False,
) -> list[Due]:
    query = _FAN_OUT.format(targets=job.targets)
    # Whoever asks does not wait until it has rested.
    rest = timedelta(0) if asked else REST
    values = {"job": job.name, "due_at": due_at, "only": only, "rest": rest}
    return [Due._make(row) for row in conn.execute(query.encode(), values)]


def _put(
    conn: "psycopg.Connection[Any]",
    job: AnyJob,
    due: Sequence[Due],
    *,
    asked: bool = False,
) -> int:
    items = [
        NewItem(
            stage=TASK,
            trace=uuid.uuid4(),
            ref=each.run_id,
            list_id=each.target if job.scope == "list" else None,
            recipient=job.name,
            priority=1,
            meta={"asked": asked} | ({"target": each.target} if each.target else {}),
        )
        for each in due
    ]
    numbers = store.put(conn, items)
    conn.execute(_ITEMS, [[each.run_id for each in due], numbers])
    return len(due)
