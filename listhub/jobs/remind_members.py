"""Remind members: lists that want it tell their members, once a period, that they are."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import FanOut
from listhub.lists import reminding
from listhub.spool import store


def run(conn: "psycopg.Connection[Any]", settings: Settings, list_id: int) -> str:
    """Remind the next members of one list; what is left waits for the next run."""
    done = reminding.remind(conn, list_id, settings=settings)
    store.put(conn, done.items)
    rest = "" if done.ended else ", and there are more"
    return f"{done.people} members reminded{rest}"


JOB = FanOut(
    name="remind-members",
    about=N_("Reminds members of the lists that want it, some thousand at a time."),
    every=timedelta(minutes=5),
    scope="list",
    targets=reminding.DUE,
    run=run,
)
