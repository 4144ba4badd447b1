"""Purge history: settled items and job runs past their retention."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.spool import partitions

# A run whose item an operator has dropped never ends; it is too old to begin.
_RUNS = """
DELETE FROM job_run
 WHERE finished_at < now() - %(age)s
    OR (finished_at IS NULL AND due_at < now() - %(age)s
        AND NOT EXISTS (SELECT FROM spool_item WHERE spool_item.id = job_run.item_id))
"""


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Drop old partitions of the history and delete old job runs."""
    retention = settings.retention
    dropped = partitions.drop_before(conn, "spool_history", days=retention.history_days)
    age = timedelta(days=retention.runs_days)
    runs = conn.execute(_RUNS, {"age": age}).rowcount
    return f"{len(dropped)} partitions dropped, {runs} job runs deleted"


JOB = Job(
    name="purge-history",
    about=N_("Drops the history of settled items and old job runs."),
    every=timedelta(hours=6),
    run=run,
)
