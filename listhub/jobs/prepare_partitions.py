"""Prepare partitions: the coming days of history and ledger have their tables."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.spool import partitions


def run(conn: "psycopg.Connection[Any]", _settings: Settings) -> str:
    """Make the partitions of today and the next days."""
    made = partitions.prepare(conn)
    return f"{len(made)} partitions made"


JOB = Job(
    name="prepare-partitions",
    about=N_("Makes the daily partitions of history and ledger some days ahead."),
    every=timedelta(hours=6),
    run=run,
)
