"""Rounds on many hosts: never two at one list, and none that is lost with its host."""

import subprocess
import sys
import time
from datetime import timedelta

import psycopg

from listhub.jobs import sync_sources
from listhub.spool import store
from tests.rooms import Rooms, open_rooms
from tests.spool.lists.sources.worker import LEASE
from tests.spool.lists.sources.world import add, fill, members, people, state, sync


def make_due(rooms: Rooms) -> None:
    sync_sources.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()


def test_two_hosts_share_lists_and_never_one(database_url: str):
    """What one host is at, the other leaves alone; every list is due once."""
    with open_rooms(database_url) as one, open_rooms(database_url) as two:
        fill(one, people(3))
        for name in ("a", "b", "c"):
            one.add_list(name)
            add(one, list_name=name)
        make_due(one)
        make_due(two)
        assert len(one.waiting("sync")) == 3
        [(taken, _)] = store.claim(
            two.conn, stage="sync", limit=1, lease=timedelta(minutes=1), owner="two"
        )
        two.conn.commit()

        assert one.drain("sync") == 2
        assert [item.id for item in one.waiting("sync")] == [taken.id]
        one.conn.execute("UPDATE source_sync SET due_at = now()")
        make_due(one)
        assert {item.list_id for item in one.waiting("sync")} == {1, 2, 3}
        assert len(one.waiting("sync")) == 3


def test_a_round_whose_worker_was_killed_is_done_by_another(rooms: Rooms):
    """Killed while it reads, nothing has happened; the lease runs out and it is done."""
    dev = rooms.add_list()
    fill(rooms, people(3))
    add(rooms)
    make_due(rooms)
    words = [sys.executable, "-m", "tests.spool.lists.sources.worker", rooms.url]
    with psycopg.connect(rooms.url) as gate, subprocess.Popen(words) as victim:
        gate.execute("LOCK TABLE staff")
        wait_for_reader(rooms)
        assert state(rooms, dev).state == "new"
        victim.kill()
    assert members(rooms, dev) == []

    ends = time.monotonic() + 20 * LEASE
    while not rooms.drain("sync"):
        assert time.monotonic() < ends, "the lease did not run out"
        time.sleep(0.1)  # sleep: the lease runs out by the clock

    assert members(rooms, dev) == people(3)
    [done] = rooms.settled("sync")
    assert (done.attempts, done.verdict) == (2, "done")


def wait_for_reader(rooms: Rooms) -> None:
    """Wait until a worker stands before the table that a source reads."""
    ends = time.monotonic() + 30
    while not rooms.rows(
        "SELECT 1 FROM pg_locks WHERE relation = 'staff'::regclass AND NOT granted"
    ):
        assert time.monotonic() < ends, "nobody reads"
        time.sleep(0.05)  # sleep: another process has no signal for us


def test_a_buried_round_is_not_made_due_again(rooms: Rooms):
    """What killed its workers waits for a person, and is seen."""
    rooms.add_list()
    fill(rooms, people(3))
    add(rooms)
    make_due(rooms)
    rooms.conn.execute("UPDATE spool_item SET state = 'buried'")

    assert sync(rooms) == ""
    assert rooms.waiting("sync") == []
