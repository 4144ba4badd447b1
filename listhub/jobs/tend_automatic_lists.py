"""Tend automatic lists: those without members sleep, those never used are removed."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.lists.families import automatic


def run(conn: "psycopg.Connection[Any]", _settings: Settings) -> str:
    """Put automatic lists to sleep, and remove a batch of unused ones."""
    slept, removed = automatic.tend(conn)
    return f"{slept} put to sleep, {removed} removed"


JOB = Job(
    name="tend-automatic-lists",
    about=N_("Puts automatic lists without members to sleep, and removes unused ones."),
    every=timedelta(minutes=10),
    run=run,
)
