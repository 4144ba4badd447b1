"""What is known of jobs: how each stands, when it comes next, and its runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from listhub.jobs.job import AnyJob, Job
from listhub.jobs.schedule import ALL, SITE, TASK
from listhub.lists import paging
from listhub.lists.paging import Page

#: How a job stands.  due: a run waits for a worker.  running: one is at work.  failing:
#: a run failed and is tried again.  done, failed: how its last run ended.  never:
#: nothing is known of any run.
State = Literal["paused", "failing", "running", "due", "done", "failed", "never"]

# A job of many lists makes ten thousand runs a day: of it the row is looked at that
# stands for all runs of a slot.  All of it is found by indexes.
_STANDINGS = """
SELECT job.name AS job, pause.paused_by, pause.paused_at,
       last.finished_at AS last_at, last.outcome, last.detail,
       extract(epoch FROM last.finished_at - last.started_at)::float8 AS seconds,
       date_bin(job.every, statement_timestamp(), 'epoch') + job.every AS next_at,
       coalesce(waiting.due, 0) AS due, coalesce(waiting.running, 0) AS running,
       coalesce(failing.runs, 0) AS failing
  FROM unnest(%(names)s::text[], %(scopes)s::text[], %(cadences)s::interval[])
       WITH ORDINALITY AS job (name, scope, every, n)
  LEFT JOIN job_pause AS pause ON pause.job = job.name
  LEFT JOIN LATERAL (
       SELECT * FROM job_run AS run
        WHERE run.job = job.name AND run.scope = job.scope AND finished_at IS NOT NULL
        ORDER BY due_at DESC LIMIT 1) AS last ON true
  LEFT JOIN (
       SELECT recipient AS job,
              count(*) FILTER (WHERE lease_until >= statement_timestamp()) AS running,
              count(*) FILTER (WHERE coalesce(lease_until < statement_timestamp(), true))
                  AS due
         FROM spool_item
        WHERE stage = %(task)s AND state = 'ready' OR stage = %(task)s AND state = 'deferred'
        GROUP BY recipient) AS waiting ON waiting.job = job.name
  LEFT JOIN (
       SELECT job, count(*) AS runs FROM job_run
        WHERE outcome = 'failing'
          AND finished_at IS NULL GROUP BY job) AS failing ON failing.job = job.name
 ORDER BY job.n
"""
_HISTORY = """
SELECT run.id, run.job, run.scope, run.due_at AS due,
       extract(epoch FROM run.finished_at - run.started_at)::float8 AS seconds,
       run.attempts AS failures, run.finished_at,
       CASE WHEN run.finished_at IS NOT NULL THEN run.outcome
            WHEN item.id IS NULL THEN 'lost'
            WHEN item.state NOT IN ('ready', 'deferred') THEN item.state
            WHEN item.lease_until > now() THEN 'running'
            ELSE coalesce(run.outcome, 'due') END AS outcome,
       CASE WHEN item.lease_until > now() THEN item.owner ELSE run.detail END AS detail,
       item.id AS item
  FROM (SELECT * FROM job_run
         WHERE (%(job)s::text IS NULL OR job = %(job)s)
           AND (%(key)s::bigint IS NULL OR {beyond})
         ORDER BY id {order} LIMIT %(limit)s) AS run
  LEFT JOIN spool_item AS item ON item.id = run.item_id
 ORDER BY run.id {order}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a job stands, by what was made due and what ended."""

    job: str
    paused_by: str | None
    paused_at: datetime | None
    #: Its last run that ended; of a job of many, the last time that it was made due.
    last_at: datetime | None
    outcome: str | None
    detail: str | None
    seconds: float | None
    #: When its next slot begins.
    next_at: datetime
    #: Runs that wait for a worker, are at work, and are tried again.
    due: int
    running: int
    failing: int

    @property
    def state(self) -> State:
        """The one thing to know about it."""
        if self.paused_at is not None:
            return "paused"
        if self.failing:
            return "failing"
        if self.running:
            return "running"
        if self.due:
            return "due"
        return {"done": "done", "failed": "failed"}.get(self.outcome or "", "never")  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run of a job, for the site, a domain or a list."""

    id: int
    job: str
    #: `site`, the name of a domain or list, or * for the making of runs for many.
    scope: str
    due: datetime
    seconds: float | None
    failures: int
    finished_at: datetime | None
    #: done, failed, failing, running, due, lost, or the state in which its item waits.
    outcome: str
    #: What it did, why it failed, or who is at it.
    detail: str | None
    #: Its item, while that is in the spool.
    item: int | None


def standings(
    conn: "psycopg.Connection[Any]", jobs: Sequence[AnyJob]
) -> list[Standing]:
    """Return how these jobs stand, in their order; one statement."""
    values = {
        "names": [job.name for job in jobs],
        "scopes": [SITE if isinstance(job, Job) else ALL for job in jobs],
        "cadences": [job.every for job in jobs],
        "task": TASK,
    }
    with conn.cursor(row_factory=class_row(Standing)) as cursor:
        return cursor.execute(_STANDINGS, values).fetchall()


def history(
    conn: "psycopg.Connection[Any]",
    job: str | None = None,
    *,
    cursor: str = "",
    size: int = paging.SIZE,
) -> Page[Run]:
    """Return a page of a job's runs, or of all jobs', the latest first; one statement.

    SaidError for a wrong cursor.
    """
    at = paging.read(cursor, (int,))
    back = at is not None and at.back
    query = psycopg.sql.SQL(_HISTORY).format(
        beyond=psycopg.sql.SQL("id > %(key)s" if back else "id < %(key)s"),
        order=psycopg.sql.SQL("ASC" if back else "DESC"),
    )
    values = {"job": job, "key": at.key[0] if at else None, "limit": size + 1}
    with conn.cursor(row_factory=class_row(Run)) as rows:
        found = rows.execute(query, values).fetchall()
    return paging.cut(found, size=size, cursor=at, key=lambda run: (run.id,))
