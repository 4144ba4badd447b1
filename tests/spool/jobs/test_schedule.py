"""Any number of schedulers and workers; runs that fail, wait, and are resumed."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.jobs import schedule
from listhub.jobs.job import Job
from listhub.spool import store
from listhub.spool.items import Item, Verdict
from listhub.stages import runner, task
from listhub.stages.stage import RoomStage, StageContext
from tests.rooms import DOMAIN, Rooms
from tests.spool.jobs.worker import host, probe, stage

LISTS = 1000
SCHEDULERS = 5


def test_five_schedulers_run_a_thousand_lists_once_each(rooms: Rooms):
    """1,000 due lists, 5 schedulers and workers, one killed at work: one effect each."""
    first = make_lists(rooms)
    rooms.conn.execute("CREATE TABLE probe (list_id bigint)")
    rooms.conn.commit()
    together = Barrier(SCHEDULERS)

    def schedule_often(_number: int) -> int:
        with psycopg.connect(rooms.url) as conn:
            together.wait()
            made = 0
            for _ in range(5):
                made += schedule.tick(conn, [probe()])
                conn.commit()
            return made

    with ThreadPoolExecutor(SCHEDULERS) as pool:
        assert sorted(pool.map(schedule_often, range(SCHEDULERS))) == [
            0,
            0,
            0,
            0,
            LISTS,
        ]

    kill_one_at_work(rooms, first)
    with ThreadPoolExecutor(SCHEDULERS) as pool:
        list(pool.map(lambda number: work(rooms.url, number), range(SCHEDULERS)))

    [noted] = rooms.rows(
        "SELECT count(*) AS n, count(DISTINCT list_id) AS of FROM probe"
    )
    assert noted == (LISTS, LISTS)
    ended = rooms.rows(
        "SELECT outcome, count(*) AS n FROM job_run WHERE scope <> '*' GROUP BY outcome"
    )
    assert ended == [("done", LISTS)]
    [again] = [row for row in rooms.settled("task") if row.list_id == first]
    assert again.attempts == 2
    assert rooms.rows("SELECT detail FROM job_run WHERE scope = '*'") == [
        (f"{LISTS} runs made",)
    ]


def make_lists(rooms: Rooms) -> int:
    """Make the lists and return the number of the first."""
    rooms.add_list("first")
    rooms.conn.execute(
        "INSERT INTO mailing_list (domain_id, name, address)"
        " SELECT domain_id, 'l' || n, 'l' || n || '@' || %s"
        "   FROM mailing_list, generate_series(2, %s) AS n",
        [DOMAIN, LISTS],
    )
    rooms.conn.commit()
    return int(rooms.rows("SELECT min(id) AS id FROM mailing_list")[0].id)


def kill_one_at_work(rooms: Rooms, list_id: int) -> None:
    """Start a worker, and kill it once it is at work on a list."""
    words = [sys.executable, "-m", "tests.spool.jobs.worker", rooms.url, str(list_id)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "at it\n"
        victim.kill()
    # What it had begun is undone by the server, as soon as it notices.
    rooms.conn.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE query = 'SELECT pg_sleep(600)' AND pid <> pg_backend_pid()"
    )
    rooms.conn.commit()


def work(url: str, number: int) -> None:
    """Drain until every run is finished, of the killed worker's too."""
    worker = host(url, f"worker-{number}")
    ends = time.monotonic() + 60
    try:
        with psycopg.connect(url, autocommit=True) as conn:
            while conn.execute(
                "SELECT 1 FROM job_run WHERE finished_at IS NULL LIMIT 1"
            ).fetchone():
                assert time.monotonic() < ends, "not done in time"
                runner.drain(stage(probe()), worker, seconds=10)
                time.sleep(0.1)  # sleep: a lease of 2 s has to run out
    finally:
        worker.close()


def test_a_slot_is_passed_over_while_a_run_waits(rooms: Rooms):
    """Runs of one job do not pile up behind each other; the next slot has one again."""
    job = quick()
    assert tick(rooms, job) == 1
    rooms.conn.execute("UPDATE job_run SET due_at = due_at - interval '1 hour'")

    assert tick(rooms, job) == 0
    drain(rooms, job)
    assert tick(rooms, job) == 1


def test_a_paused_job_is_made_due_by_hand_only(rooms: Rooms):
    """A pause takes effect on what waits as well; who asks for a run gets it."""
    job = quick()
    tick(rooms, job)
    assert schedule.pause(rooms.conn, job, actor="test")
    assert not schedule.pause(rooms.conn, job, actor="test")
    rooms.conn.execute("UPDATE job_run SET due_at = due_at - interval '1 hour'")
    rooms.conn.execute("DELETE FROM spool_item")

    assert tick(rooms, job) == 0
    schedule.run_now(rooms.conn, job)
    rooms.conn.commit()
    drain(rooms, job)
    outcomes = rooms.rows("SELECT outcome FROM job_run ORDER BY id")
    assert [row.outcome for row in outcomes] == [None, "done"]

    assert schedule.resume(rooms.conn, job)
    assert tick(rooms, job) == 1


def test_a_failing_job_backs_off_is_seen_and_blocks_nothing(rooms: Rooms):
    """It is tried later each time, undone each time, told of, and then let be."""
    rooms.conn.execute("CREATE TABLE probe (list_id bigint)")

    def fail(conn: "psycopg.Connection[Any]", _settings: Settings) -> str:
        conn.execute("INSERT INTO probe VALUES (1)")
        raise ValueError("the moon is full")

    bad, good = quick("bad", fail), quick("good")
    rooms.add_list()
    rooms.conn.execute(
        "INSERT INTO role (person_id, kind) VALUES (%s, 'listmaster')",
        [rooms.person("boss@m.example")],
    )
    tick(rooms, bad, good)
    waits = []
    for _ in range(rooms.host.settings.spool.max_attempts):
        drain(rooms, bad, good)
        waits += rooms.rows(
            "SELECT extract(epoch FROM due_at - now())::int AS s FROM spool_item"
            " WHERE state = 'deferred'"
        )
        rooms.conn.execute("UPDATE spool_item SET due_at = now()")
        store.promote(rooms.conn, stage="task")
        rooms.conn.commit()

    assert [wait.s for wait in waits] == sorted(wait.s for wait in waits)
    found = rooms.rows(
        "SELECT job, outcome, attempts, detail FROM job_run ORDER BY job"
    )
    assert found == [
        ("bad", "failed", 5, "ValueError: the moon is full"),
        ("good", "done", 0, "well"),
    ]
    assert rooms.rows("SELECT * FROM probe") == []
    assert rooms.rows("SELECT state FROM spool_item WHERE stage = 'task'") == []
    rooms.conn.execute("UPDATE job_run SET due_at = due_at - interval '1 hour'")
    assert tick(rooms, bad, good) == 1


def quick(name: str = "quick", run: "Callable[..., str] | None" = None) -> Job:
    return Job(
        name=name,
        about="For tests.",
        every=timedelta(hours=1),
        run=run or (lambda _conn, _settings: "well"),
    )


def tick(rooms: Rooms, *jobs: Job) -> int:
    made = schedule.tick(rooms.conn, jobs)
    rooms.conn.commit()
    return made


def drain(rooms: Rooms, *jobs: Job) -> None:
    known = {job.name: job for job in jobs}

    def handle(item: Item, context: StageContext) -> Verdict:
        return task.perform(known[item.recipient or ""], item, context)

    room: RoomStage = replace(task.STAGE, handle=handle)
    runner.drain(room, rooms.host, seconds=30)
