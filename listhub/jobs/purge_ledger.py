"""Purge ledger: outcomes, packets and outgoing messages past their retention."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.spool import partitions

#: Messages deleted in one run: their packets go with them.
_BATCH = 2000

# What still has an item in the spool stays, however old.
_OUTGOING = """
DELETE FROM outgoing WHERE id IN (
    SELECT id FROM outgoing
     WHERE created_at < now() - %(age)s
       AND NOT EXISTS (SELECT FROM packet
             WHERE packet.outgoing_id = outgoing.id AND packet.settled_at IS NULL)
     ORDER BY created_at LIMIT %(limit)s
)
"""


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Drop old partitions of the ledger and delete messages sent long ago."""
    days = settings.retention.ledger_days
    dropped = partitions.drop_before(conn, "outcome", days=days)
    messages = conn.execute(
        _OUTGOING, {"age": timedelta(days=days), "limit": _BATCH}
    ).rowcount
    return f"{len(dropped)} partitions dropped, {messages} messages deleted"


JOB = Job(
    name="purge-ledger",
    about=N_("Drops outcomes and messages sent longer ago than the retention."),
    every=timedelta(hours=1),
    run=run,
)
