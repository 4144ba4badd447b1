"""Purge bounces: events, and what was done because of them, past their retention."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job

_EVENTS = "DELETE FROM bounce_event WHERE at < now() - %s"
# What was done so long ago cannot be undone any more.
_ACTIONS = "DELETE FROM bounce_action WHERE at < now() - %s"
_BREAKERS = "DELETE FROM bounce_breaker WHERE opened_at < now() - %s"


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Delete bounces and what followed older than retention.bounces_days."""
    age = [timedelta(days=settings.retention.bounces_days)]
    deleted = conn.execute(_EVENTS, age).rowcount
    # After the events: a reset must outlive what it stands for.
    followed = conn.execute(_ACTIONS, age).rowcount
    followed += conn.execute(_BREAKERS, age).rowcount
    return f"{deleted} events and {followed} of what followed deleted"


JOB = Job(
    name="purge-bounces",
    about=N_("Deletes bounce events older than their retention."),
    every=timedelta(hours=6),
    run=run,
)
