"""Count statistics: the figures of all lists by the day, and the old ones go."""

import time
from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.lists import statistics

#: So much of a lease passes until no other day is begun, and so much one may take.
_BEGUN, _LONGEST = 0.25, 0.5


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Sum up the days that are due, today first, as far as time allows."""
    kept, lease = settings.retention, settings.spool.lease
    ends = time.monotonic() + lease * _BEGUN
    patience = f"{int(lease * _LONGEST * 1000)}ms"
    conn.execute("SELECT set_config('statement_timeout', %s, true)", [patience])
    counted = 0
    for day in statistics.due(conn, back=kept.history_days - 1):
        if counted and time.monotonic() > ends:
            break  # after a long pause several runs catch up
        statistics.sum_up(conn, day)
        counted += 1
    gone = statistics.purge(conn, days=kept.statistics_days)
    return f"{counted} days counted, {gone} old figures deleted"


JOB = Job(
    name="count-statistics",
    about=N_("Sums up what each list did on each day."),
    every=timedelta(hours=1),
    run=run,
)
