"""Evaluate bounces: an item for each list whose members' mail comes back."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.spool import store
from listhub.spool.items import NewItem

BOUNCERS = "bouncers"

_LISTS = """
SELECT id FROM mailing_list AS list
 WHERE status = 'open'
   AND (EXISTS (SELECT FROM bounce_event WHERE list_id = list.id)
        OR EXISTS (SELECT FROM bounce_action WHERE list_id = list.id
                      AND action = 'probe' AND outcome = ''))
 ORDER BY id
"""


def run(conn: "psycopg.Connection[Any]", _settings: Settings) -> str:
    """Put an item for each list with bounces; any host takes any of them."""
    items = [
        NewItem(
            stage=BOUNCERS,
            trace=uuid.uuid4(),
            list_id=list_id,
            meta={"do": "evaluate"},
        )
        for (list_id,) in conn.execute(_LISTS)
    ]
    store.put(conn, items)
    return f"{len(items)} lists to be evaluated"


JOB = Job(
    name="evaluate-bounces",
    about=N_("Has each list looked through for members whose mail comes back."),
    every=timedelta(days=1),
    run=run,
)
