"""Follow families: lists take over what has changed in their family."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.lists.families import following
from listhub.lists.families.automatic import CLOCK

#: Lists of one run; what is left waits for the next.
_BATCH = 1000


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Let lists follow the newest versions of their families."""
    followed = [
        each
        for name in following.behind(conn)
        for each in following.follow(
            conn, name, actor=CLOCK, settings=settings, limit=_BATCH
        )
    ]
    cannot = sum(bool(each.problem) for each in followed)
    return f"{len(followed) - cannot} lists follow, {cannot} cannot"


JOB = Job(
    name="follow-families",
    about=N_("Lets lists take over what has changed in their family."),
    every=timedelta(minutes=1),
    run=run,
)
