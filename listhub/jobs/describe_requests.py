"""Describe requests: what an older release wrote gets what makes requests alike."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.lists.moderation import traits


def run(conn: "psycopg.Connection[Any]", _settings: Settings) -> str:
    """Read a batch of requests again."""
    return f"{traits.describe(conn)} requests described"


JOB = Job(
    name="describe-requests",
    about=N_("Reads off requests of an older release what makes them alike."),
    every=timedelta(minutes=10),
    run=run,
)
