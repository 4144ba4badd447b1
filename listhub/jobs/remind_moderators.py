"""Remind moderators: one mail for each list whose posts have waited too long."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.lists.moderation import reminder
from listhub.spool import store


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Put the reminders of all lists that are due by their `moderation_reminder`."""
    lists, items = reminder.remind(conn, settings=settings)
    store.put(conn, items)
    return f"the moderators of {lists} lists reminded"


JOB = Job(
    name="remind-moderators",
    about=N_("Reminds moderators of posts that have waited too long."),
    every=timedelta(minutes=30),
    run=run,
)
