"""Purge seen: Message-IDs and accepted transactions older than their window."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Forget Message-IDs after retention.seen_days, transactions after the window."""
    seen = conn.execute(
        "DELETE FROM seen WHERE at < now() - %s",
        [timedelta(days=settings.retention.seen_days)],
    ).rowcount
    retries = conn.execute(
        "DELETE FROM intake_retry WHERE at < now() - %s",
        [timedelta(seconds=settings.intake.retry_window)],
    ).rowcount
    return f"{seen} Message-IDs and {retries} transactions forgotten"


JOB = Job(
    name="purge-seen",
    about=N_("Forgets Message-IDs and accepted transactions when their time is over."),
    every=timedelta(hours=1),
    run=run,
)
