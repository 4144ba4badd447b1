"""Sources that are silent for longer than a lease, and rounds that are lost meanwhile."""

import threading
import time

import psycopg

from listhub.jobs import sync_sources
from listhub.stages.drain import drain
from tests.rooms import Rooms
from tests.spool.lists.sources.test_hosts import wait_for_reader
from tests.spool.lists.sources.worker import LEASE, host
from tests.spool.lists.sources.world import add, fill, members, people


def begun(rooms: Rooms) -> int:
    """Have a round due on a table of three people; return the list."""
    dev = rooms.add_list()
    fill(rooms, people(3))
    add(rooms)
    sync_sources.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()
    return dev


def reading(rooms: Rooms) -> threading.Thread:
    """Start a worker whose leases run out after a second."""

    def work() -> None:
        worker = host(rooms.url, "slow")
        try:
            drain("sync", worker, seconds=1)
        finally:
            worker.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def lease(rooms: Rooms) -> float:
    [item] = rooms.rows(
        "SELECT extract(epoch FROM lease_until)::float8 AS until FROM spool_item"
    )
    return float(item.until or 0.0)


def test_a_silent_source_keeps_its_round(rooms: Rooms) -> None:
    """While one statement runs for many leases, nobody else gets the round."""
    dev = begun(rooms)
    with psycopg.connect(rooms.url) as gate:
        gate.execute("LOCK TABLE staff")
        worker = reading(rooms)
        wait_for_reader(rooms)
        first, ends = lease(rooms), time.monotonic() + 30
        while lease(rooms) < first + 3 * LEASE:
            assert time.monotonic() < ends, "the lease is not renewed"
            assert rooms.drain("sync") == 0
            time.sleep(0.05)  # sleep: leases run by the clock
    worker.join()

    assert members(rooms, dev) == people(3)
    [done] = rooms.settled("sync")
    assert (done.attempts, done.verdict, done.owner) == (1, "done", "slow")


def test_a_round_that_was_lost_changes_nothing(rooms: Rooms) -> None:
    """If somebody else has it, what was read is thrown away."""
    dev = begun(rooms)
    with psycopg.connect(rooms.url) as gate:
        gate.execute("LOCK TABLE staff")
        worker = reading(rooms)
        wait_for_reader(rooms)
        rooms.conn.execute(
            "UPDATE spool_item SET token = gen_random_uuid(), owner = 'other',"
            " lease_until = now() + interval '1 hour'"
        )
        rooms.conn.commit()
    worker.join()

    assert members(rooms, dev) == []
    [item] = rooms.waiting("sync")
    assert item.owner == "other"


def test_a_database_that_comes_back_in_time_loses_nothing(rooms: Rooms) -> None:
    """A connection that is cut while the lease lasts is opened anew."""
    dev = begun(rooms)
    with psycopg.connect(rooms.url) as gate:
        gate.execute("LOCK TABLE staff")
        worker = reading(rooms)
        wait_for_reader(rooms)
        cut = rooms.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND query LIKE %s",
            "%SET lease_until = clock_timestamp()%WHERE item.id = mine.id%",
        )
        first, ends = lease(rooms), time.monotonic() + 30
        while lease(rooms) < first + 2 * LEASE:
            assert time.monotonic() < ends, "the lease is not renewed"
            time.sleep(0.05)  # sleep: leases run by the clock
    worker.join()

    assert cut
    assert members(rooms, dev) == people(3)


def test_passwords_are_sealed_in_the_database(rooms: Rooms) -> None:
    """The row has no password, and the source is read all the same."""
    dev = begun(rooms)

    [row] = rooms.rows("SELECT config::text AS text FROM data_source")
    password = rooms.url.split(":")[2].partition("@")[0]
    assert password not in row.text
    rooms.drain("sync")
    assert members(rooms, dev) == people(3)
