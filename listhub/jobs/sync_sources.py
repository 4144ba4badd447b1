"""Sync sources: each role of a list whose sources are due gets an item."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.lists.sources import rounds
from listhub.spool import store
from listhub.spool.items import NewItem

SYNC = "sync"

#: Rounds of one run; what is left waits for the next.
_BATCH = 1000


def run(conn: "psycopg.Connection[Any]", _settings: Settings) -> str:
    """Put an item for each round that is due and not under way."""
    due = rounds.due(conn, limit=_BATCH)
    items = [
        # After what people wait for.
        NewItem(stage=SYNC, trace=uuid.uuid4(), ref=sync, list_id=of_list, priority=7)
        for sync, of_list in due
    ]
    numbers = store.put(conn, items)
    rounds.queued(conn, dict(zip((sync for sync, _ in due), numbers, strict=True)))
    return f"{len(items)} rounds are due"


JOB = Job(
    name="sync-sources",
    about=N_("Puts an item for each list whose data sources are due."),
    every=timedelta(minutes=1),
    run=run,
)
