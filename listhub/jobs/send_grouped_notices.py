"""Send grouped notices: what owners and listmasters are told in one mail."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.lists.notices import group, guards
from listhub.spool import store


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Send what has gathered, and forget what was counted days ago."""
    told, items = group.send_waiting(conn, settings=settings)
    store.put(conn, items)
    guards.forget(conn)
    return f"{told} notices told in {len(items)} packets"


JOB = Job(
    name="send-grouped-notices",
    about=N_(
        "Sends owners and listmasters the notices that have gathered, as one mail."
    ),
    every=timedelta(minutes=1),
    run=run,
)
