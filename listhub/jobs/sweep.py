"""Sweep: leases that ran out are cleared, poison that nobody claims is buried.

Processes that were not heard of for long are forgotten.
"""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.spool import processes, store


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Clear expired leases; a claim would take the items as well."""
    cleared, buried = store.sweep(conn, max_attempts=settings.spool.max_attempts)
    processes.purge(conn)
    return f"{cleared} leases cleared, {buried} items buried"


JOB = Job(
    name="sweep",
    about=N_("Clears leases that ran out and buries what killed its workers."),
    every=timedelta(minutes=1),
    run=run,
)
