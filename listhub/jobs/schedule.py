"""The scheduler without a singleton: any number of them, one run per job and slot.

Time is cut into slots of the job's cadence, by the database's clock.  Every host
tries to insert the run of the present slot; the unique index lets one succeed, and
its spool item is put in the same transaction.
"""

import uuid
from collections.abc import Sequence
from typing import Any

import psycopg

from listhub.jobs.job import Job
from listhub.spool import store
from listhub.spool.items import NewItem

TASK = "task"

_INSERT = """
INSERT INTO job_run (job, scope, due_at)
VALUES (%(job)s, 'site', date_bin(%(every)s, now(), 'epoch'))
    ON CONFLICT (job, scope, due_at) DO NOTHING
RETURNING id
"""

# Beside the slots: a person asked for it.
_NOW = """
INSERT INTO job_run (job, due_at) VALUES (%s, clock_timestamp()) RETURNING id
"""


def tick(conn: "psycopg.Connection[Any]", jobs: Sequence[Job]) -> int:
    """Make due what is due now; return how many runs this call has made."""
    made = 0
    for job in jobs:
        row = conn.execute(_INSERT, {"job": job.name, "every": job.every}).fetchone()
        if row is None:
            continue
        made += 1
        _put(conn, job, run_id=row[0])
    return made


def run_now(conn: "psycopg.Connection[Any]", job: Job) -> int:
    """Make a job due now, beside its slots, and return the id of the run."""
    row = conn.execute(_NOW, [job.name]).fetchone()
    assert row is not None  # noqa: S101 - an INSERT of one row returns one
    _put(conn, job, run_id=row[0])
    return int(row[0])


def _put(conn: "psycopg.Connection[Any]", job: Job, *, run_id: int) -> None:
    item = NewItem(
        stage=TASK, trace=uuid.uuid4(), ref=run_id, recipient=job.name, priority=1
    )
    store.put(conn, [item])
