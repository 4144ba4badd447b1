"""Vacuum bodies: message bytes that nothing refers to any more."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.spool import bodies


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Delete bodies without references, once they are old enough to be sure."""
    age = timedelta(days=settings.retention.bodies_days)
    return f"{bodies.vacuum(conn, age=age)} bodies deleted"


JOB = Job(
    name="vacuum-bodies",
    about=N_("Deletes message bodies that nothing refers to."),
    every=timedelta(minutes=30),
    run=run,
)
