"""Expire requests: what nobody decided in time ends, and whoever asked is told."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.lists.moderation import expiry
from listhub.spool import store


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """End a batch of requests and put the notices to their authors."""
    ended, items = expiry.expire(conn, settings=settings)
    store.put(conn, items)
    return f"{ended} requests expired"


JOB = Job(
    name="expire-requests",
    about=N_("Ends requests that nobody decided in time, and tells who asked."),
    every=timedelta(minutes=10),
    run=run,
)
