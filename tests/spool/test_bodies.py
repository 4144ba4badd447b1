"""Bodies are stored once, and vacuumed only when nothing can want them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from listhub.spool import bodies
from tests.spool.probe import Conn, new, put


@pytest.fixture
def conn(database_url: str) -> Iterator[Conn]:
    with psycopg.connect(database_url) as conn:
        yield conn


@pytest.fixture
def other(database_url: str) -> Iterator[Conn]:
    with psycopg.connect(database_url) as conn:
        yield conn


def _age(conn: Conn, *numbers: int) -> None:
    conn.execute(
        "UPDATE body SET last_put = now() - interval '2 days' WHERE id = ANY(%s)",
        [list(numbers)],
    )
    conn.commit()


def test_bodies_are_stored_once(conn: Conn):
    """The same bytes are one row, whoever stores them."""
    digest = bodies.digest(b"text")
    [first] = bodies.store(conn, [(digest, b"text"), (digest, b"text")]).values()
    assert bodies.store(conn, [(digest, b"text")]) == {digest: first}
    assert bodies.load(conn, first) == b"text"
    assert bodies.store(conn, []) == {}
    with pytest.raises(LookupError):
        bodies.load(conn, first + 1)


def test_young_and_named_bodies_stay(conn: Conn):
    """The vacuum takes what is old and named by nothing, and no more."""
    contents = [b"young", b"named", b"old"]
    stored = bodies.store(conn, [(bodies.digest(text), text) for text in contents])
    _young, named, old = (stored[bodies.digest(text)] for text in contents)
    put(conn, new(body_id=named))
    _age(conn, named, old)

    assert bodies.vacuum(conn, age=timedelta(days=1)) == 1
    conn.commit()
    with pytest.raises(LookupError):
        bodies.load(conn, old)
    assert bodies.load(conn, named) == b"named"


def test_vacuum_steps_over_a_body_being_stored(conn: Conn, other: Conn):
    """Bytes that somebody stores again at this moment are not taken from them."""
    pair = (bodies.digest(b"again"), b"again")
    [number] = bodies.store(conn, [pair]).values()
    conn.commit()
    _age(conn, number)
    bodies.store(conn, [pair])  # not committed

    assert bodies.vacuum(other, age=timedelta(days=1)) == 0
    other.commit()
    conn.commit()
    assert bodies.vacuum(other, age=timedelta(days=1)) == 0
    assert bodies.load(other, number) == b"again"


def test_storing_waits_for_a_vacuum_and_makes_the_body_anew(
    conn: Conn, other: Conn, database_url: str
):
    """Bytes stored while the vacuum deletes them are there afterwards."""
    pair = (bodies.digest(b"again"), b"again")
    [number] = bodies.store(conn, [pair]).values()
    conn.commit()
    _age(conn, number)
    assert bodies.vacuum(other, age=timedelta(days=1)) == 1  # not committed

    def store_again() -> int:
        with psycopg.connect(database_url) as own:
            return bodies.store(own, [pair])[pair[0]]

    with ThreadPoolExecutor(1) as pool:
        again = pool.submit(store_again)
        _until_somebody_waits(conn)
        other.commit()
        fresh = again.result(10)
    assert bodies.load(conn, fresh) == b"again"


def _until_somebody_waits(conn: Conn) -> None:
    query = (
        "SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock'"
    )
    for _ in range(10_000):
        if conn.execute(query).fetchone() is not None:
            return
        conn.commit()
    pytest.fail("Nobody waits for the vacuum.")
