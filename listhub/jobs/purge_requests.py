"""Purge requests: what was decided longer ago than its retention is forgotten."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.lists.moderation import delayed, expiry


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Delete a batch of decided requests with their keys."""
    age = timedelta(days=settings.retention.requests_days)
    purged = expiry.purge(conn, age=age)
    return f"{purged} requests, {delayed.purge(conn, age=age)} decisions deleted"


JOB = Job(
    name="purge-requests",
    about=N_("Deletes requests that were decided longer ago than the retention."),
    every=timedelta(hours=1),
    run=run,
)
