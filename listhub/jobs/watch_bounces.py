"""Watch bounces: groups of reports that say the same are set aside, and told, soon."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.evaluate_bounces import BOUNCERS
from listhub.jobs.job import Job
from listhub.lists.bouncing import breaker
from listhub.spool import store
from listhub.spool.items import NewItem

_EVERY = timedelta(minutes=5)


def run(conn: "psycopg.Connection[Any]", _settings: Settings) -> str:
    """Put an item for each list that has had bounces since the last run but one."""
    lists = breaker.busy(conn, since=2 * _EVERY)
    items = [
        NewItem(
            stage=BOUNCERS, trace=uuid.uuid4(), list_id=list_id, meta={"do": "watch"}
        )
        for list_id in lists
    ]
    store.put(conn, items)
    return f"{len(items)} lists to be watched"


JOB = Job(
    name="watch-bounces",
    about=N_("Has lists with fresh bounces looked through for many that are alike."),
    every=_EVERY,
    run=run,
)
