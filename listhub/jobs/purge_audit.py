"""Purge audit: who changed what, once it is older than its retention."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job

#: Rows of one run; what is left goes with the next one.
_BATCH = 20_000

_AUDIT = """
DELETE FROM audit WHERE id IN (
    SELECT id FROM audit WHERE at < now() - %s ORDER BY at LIMIT %s)
"""


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Delete a batch of the audit older than retention.audit_days."""
    age = timedelta(days=settings.retention.audit_days)
    return f"{conn.execute(_AUDIT, [age, _BATCH]).rowcount} changes forgotten"


JOB = Job(
    name="purge-audit",
    about=N_("Forgets who changed what, past its retention."),
    every=timedelta(hours=6),
    run=run,
)
