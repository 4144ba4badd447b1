"""Make digests due: lists whose next issue has come get an item each."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.lists import digests
from listhub.lists.settings import load_list_settings
from listhub.spool import store
from listhub.spool.items import NewItem

DIGEST = "digest"


def run(conn: "psycopg.Connection[Any]", _settings: Settings) -> str:
    """Put an item for each list whose issue is due; the stage sees that it is one."""
    row = conn.execute("SELECT now()").fetchone()
    assert row is not None  # noqa: S101 - SELECT of one value returns one
    items = []
    for found in digests.waiting(conn):
        slot = digests.due_slot(load_list_settings(conn, found.list_id), found, row[0])
        if slot is not None:
            items.append(
                NewItem(
                    stage=DIGEST,
                    trace=uuid.uuid4(),
                    list_id=found.list_id,
                    meta={"slot": slot},
                )
            )
    store.put(conn, items)
    return f"{len(items)} digests are due"


JOB = Job(
    name="make-digests-due",
    about=N_("Puts an item for each list whose next digest is due."),
    every=timedelta(minutes=1),
    run=run,
)
