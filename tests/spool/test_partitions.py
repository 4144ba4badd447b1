"""What only grows lies in daily partitions, made ahead and dropped whole."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from listhub.spool import partitions, store
from listhub.spool.items import Done
from tests.spool.probe import Conn, claim, history, new, put


@pytest.fixture
def conn(database_url: str) -> Iterator[Conn]:
    with psycopg.connect(database_url) as conn:
        yield conn


def test_partitions_are_made_ahead_and_dropped_whole(conn: Conn):
    """Each table gets its next days once; old days go, and with them their rows."""
    made = partitions.prepare(conn)
    assert len(made) == len(partitions.TABLES) * partitions.AHEAD
    assert partitions.prepare(conn) == []

    put(conn, new())
    [item] = claim(conn)
    store.settle(conn, item, Done())
    row = conn.execute("SELECT tableoid::regclass::text FROM spool_history").fetchone()
    assert row == (f"spool_history_p{datetime.now(UTC):%Y%m%d}",)

    assert partitions.drop_before(conn, "spool_history", days=1) == []
    assert len(history(conn)) == 1
    gone = partitions.drop_before(conn, "spool_history", days=-1)
    assert gone == [row[0]]
    assert history(conn) == []


def test_rows_of_an_unprepared_day_find_a_place(conn: Conn):
    """Without a partition rows go into the default, which keeps that day."""
    put(conn, new())
    [item] = claim(conn)
    store.settle(conn, item, Done())
    conn.commit()

    today = f"{datetime.now(UTC):%Y%m%d}"
    made = partitions.prepare(conn)
    assert f"spool_history_p{today}" not in made
    assert f"outcome_p{today}" in made
    assert len(history(conn)) == 1
    partitions.drop_before(conn, "spool_history", days=-1)
    assert history(conn) == []
