"""A worker of its own process: `python -m tests.spool.jobs.worker URL SCOPE`.

It runs the probe job; at the list of that address it says so and waits to be killed.
"""

import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Database, Settings, Site, Spool
from listhub.jobs.job import OPEN_LISTS, FanOut
from listhub.spool.items import Item, Verdict
from listhub.stages import runner, task
from listhub.stages.stage import Host, RoomStage, StageContext

NOWHERE = -1


def probe(*, stop_at: int = NOWHERE) -> FanOut:
    """Make a job of all lists that notes each; at `stop_at` it does not come back."""

    def run(conn: "psycopg.Connection[Any]", _settings: Settings, target: int) -> str:
        conn.execute("INSERT INTO probe VALUES (%s)", [target])
        if target == stop_at:
            sys.stdout.write("at it\n")
            sys.stdout.flush()
            conn.execute("SELECT pg_sleep(600)")
        return "noted"

    return FanOut(
        name="probe",
        about="Notes every list.",
        every=timedelta(days=1),
        scope="list",
        targets=OPEN_LISTS,
        run=run,
    )


def stage(job: FanOut) -> RoomStage:
    """Return the stage `task` with this job instead of those of the table."""

    def handle(item: Item, context: StageContext) -> Verdict:
        return task.perform(job, item, context)

    return replace(task.STAGE, handle=handle)


def host(url: str, name: str) -> Host:
    """Return a worker's host, whose leases run out soon."""
    settings = Settings(
        database=Database(url=url),
        site=Site(secret="5e" * 16),
        spool=Spool(lease=2.0, batch=5),
    )
    return Host(settings=settings, name=name)


if __name__ == "__main__":
    _, url, list_id = sys.argv
    runner.drain(stage(probe(stop_at=int(list_id))), host(url, "victim"), seconds=60)
