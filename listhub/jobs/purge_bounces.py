"""Purge bounces: events past their retention."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.jobs.job import Job


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Delete bounce events older than retention.bounces_days."""
    deleted = conn.execute(
        "DELETE FROM bounce_event WHERE at < now() - %s",
        [timedelta(days=settings.retention.bounces_days)],
    ).rowcount
    return f"{deleted} events deleted"


JOB = Job(
    name="purge-bounces",
    about="Deletes bounce events older than their retention.",
    every=timedelta(hours=6),
    run=run,
)
