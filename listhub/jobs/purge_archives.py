"""Purge archives: months past what a list keeps, of quiet and closed lists as well."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import FanOut
from listhub.lists import old_archives


def run(conn: "psycopg.Connection[Any]", _settings: Settings, list_id: int) -> str:
    """Take out what one list does not keep any more, some thousand posts at most."""
    return f"{old_archives.purge(conn, list_id)} posts taken out"


JOB = FanOut(
    name="purge-archives",
    about=N_("Takes out of archives the months that their lists do not keep."),
    every=timedelta(hours=1),
    scope="list",
    targets=old_archives.DUE,
    run=run,
)
