"""Purge sessions, links, tokens and limits that have ended."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.lists.accounts import forgetting


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Delete what has ended of all that lets persons in."""
    gone = forgetting.forget(conn, settings=settings)
    return ", ".join(f"{count} {what}" for what, count in gone.items()) + " deleted"


JOB = Job(
    name="purge-sessions",
    about=N_("Deletes sessions, links, tokens and limits that have ended."),
    every=timedelta(hours=1),
    run=run,
)
