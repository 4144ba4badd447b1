"""The laws of the spool: one owner at every instant, whatever happens to the others."""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import psycopg
import pytest

from listhub.errors import StaleClaim
from listhub.spool import bodies, store
from listhub.spool.horizon import Horizon
from listhub.spool.items import Bury, Done, NewItem, Park, Retry
from tests.spool.probe import MINUTE, NONE, Conn, claim, history, new, put, states


@pytest.fixture
def conn(database_url: str) -> Iterator[Conn]:
    with psycopg.connect(database_url) as conn:
        yield conn


@pytest.fixture
def other(database_url: str) -> Iterator[Conn]:
    with psycopg.connect(database_url) as conn:
        yield conn


# --- claims ------------------------------------------------------------------------


def test_claimers_never_share_an_item(database_url: str, conn: Conn):
    """Four threads empty a room of 400: every item is claimed exactly once."""
    numbers = put(conn, *(new() for _ in range(400)))
    start = threading.Barrier(4)

    def work(_: int) -> list[int]:
        mine: list[int] = []
        with psycopg.connect(database_url) as own:
            start.wait(10)
            while items := claim(own, limit=7):
                mine += [item.id for item in items]
        return mine

    with ThreadPoolExecutor(4) as pool:
        found = [number for mine in pool.map(work, range(4)) for number in mine]

    assert sorted(found) == sorted(numbers)


def test_a_claim_under_way_is_stepped_over(conn: Conn, other: Conn):
    """A second claimer does not wait for the first one's commit."""
    first, second = put(conn, new(), new())
    held = store.claim(conn, stage="probe", limit=1, lease=MINUTE, owner="a")

    assert [item.id for item, _ in held] == [first]
    assert [item.id for item in claim(other)] == [second]


def test_priority_goes_first_and_age_makes_up_for_it(conn: Conn):
    """0 goes before 9; but an old 9 goes before a 0 that has just come."""
    low, high = put(conn, new(priority=9), new(priority=0))
    assert [item.id for item in claim(conn)] == [high, low]

    old = put(conn, new(priority=9))[0]
    conn.execute(
        "UPDATE spool_item SET rank = rank - interval '4 min' WHERE id = %s", [old]
    )
    young = put(conn, new(priority=0))[0]
    assert [item.id for item in claim(conn)] == [old, young]


def test_a_lists_share_comes_later(conn: Conn):
    """What lags behind by its list's share lets a small post pass."""
    big = put(conn, *(new(lag=timedelta(seconds=n)) for n in range(3)))
    small = put(conn, new())[0]
    assert [item.id for item in claim(conn)] == [big[0], small, big[1], big[2]]


def test_what_is_not_ready_is_not_claimed(conn: Conn):
    """Held, deferred, parked and buried items are out of a claim's sight."""
    put(conn, new(held=True), new(), new(), new())
    deferred, parked, buried = claim(conn)
    store.settle(conn, deferred, Retry(after=MINUTE, reason="later"))
    store.settle(conn, parked, Park(reason="a person decides"))
    store.settle(conn, buried, Bury(reason="broken"))
    conn.commit()

    assert sorted(states(conn).values()) == ["buried", "deferred", "held", "parked"]
    assert claim(conn) == []


def test_a_claim_reads_the_index_in_its_order(conn: Conn):
    """With 20,000 items a claim is a short scan of spool_item_ready, without a sort."""
    put(conn, *(new() for _ in range(20_000)))
    conn.execute("ANALYZE spool_item")
    values = {
        "stage": "probe",
        "limit": 20,
        "lease": MINUTE,
        "owner": "test",
        "after": "-infinity",
    }
    plan = "\n".join(
        row[0] for row in conn.execute("EXPLAIN (COSTS OFF) " + store._CLAIM, values)
    )
    assert "Index Scan using spool_item_ready" in plan
    assert "Sort" not in plan
    assert "Seq Scan" not in plan


# --- leases -------------------------------------------------------------------------


def test_a_lease_that_ran_out_gives_the_item_to_another(conn: Conn, other: Conn):
    """The first claimer's settling comes to nothing; the second one's counts."""
    number = put(conn, new())[0]
    [first] = claim(conn, lease=NONE)
    [second] = claim(other)

    assert (first.id, second.id) == (number, number)
    assert (first.attempts, second.attempts) == (1, 2)
    with pytest.raises(StaleClaim):
        store.open_claim(conn, first)
    with pytest.raises(StaleClaim):
        store.settle(conn, first, Done(note="first", emit=(new(),)))
    conn.rollback()
    for verdict in (Retry(after=MINUTE, reason="x"), Park(reason="x")):
        with pytest.raises(StaleClaim):
            store.settle(conn, first, verdict)
    conn.rollback()
    store.settle(other, second, Done(note="second"))
    other.commit()

    assert states(conn) == {}
    assert history(conn) == [(number, "done", "second")]


def test_a_renewed_lease_keeps_the_item(conn: Conn, other: Conn):
    """Extending a lease that ran out saves it, until somebody else has claimed."""
    put(conn, new())
    items = claim(conn, lease=NONE)
    assert store.extend(conn, items, lease=MINUTE) == {items[0].id}
    conn.commit()
    assert claim(other) == []

    store.extend(conn, items, lease=NONE)
    conn.commit()
    assert len(claim(other)) == 1
    assert store.extend(conn, items, lease=MINUTE) == set()


def test_what_is_given_back_is_no_attempt(conn: Conn):
    """A release leaves the item as it was before the claim."""
    put(conn, new())
    for _ in range(3):
        items = claim(conn)
        assert [item.attempts for item in items] == [1]
        store.release(conn, items)
        conn.commit()


def test_a_stale_release_takes_nothing_away(conn: Conn, other: Conn):
    """Who lost the lease cannot give away what another is working on."""
    put(conn, new())
    mine = claim(conn, lease=NONE)
    theirs = claim(other)
    store.release(conn, mine)
    conn.commit()

    assert claim(conn) == []
    store.open_claim(other, theirs[0])


def test_sweep_clears_and_buries(conn: Conn):
    """Leases that ran out are cleared; what was claimed too often is buried."""
    once, often, working = put(conn, new(), new(), new())
    conn.execute("UPDATE spool_item SET attempts = 4 WHERE id = %s", [often])
    claim(conn, limit=2, lease=NONE)
    [busy] = claim(conn, limit=1, after=_rank(conn, often))

    assert busy.id == working
    assert store.sweep(conn, max_attempts=5) == (1, 1)
    conn.commit()
    assert states(conn) == {once: "ready", often: "buried", working: "ready"}
    store.open_claim(conn, busy)


def _rank(conn: Conn, number: int) -> datetime:
    row = conn.execute("SELECT rank FROM spool_item WHERE id = %s", [number]).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


# --- settling ------------------------------------------------------------------------


def test_put_belongs_to_its_transaction(conn: Conn, other: Conn):
    """A rollback leaves nothing, and before the commit nobody sees anything."""
    store.put(conn, [new(), new()])
    assert claim(other) == []
    conn.rollback()
    assert states(conn) == {}
    assert store.put(conn, []) == []


def test_settling_is_all_or_nothing(conn: Conn):
    """An error between the effects and the commit leaves all as it was."""
    number = put(conn, new())[0]
    [item] = claim(conn)
    store.open_claim(conn, item)
    bodies.store(conn, [(b"digest", b"effect")])
    store.settle(conn, item, Done(emit=(new(), new())))
    with pytest.raises(psycopg.errors.DivisionByZero):
        conn.execute("SELECT 1/0")
    conn.rollback()

    assert states(conn) == {number: "ready"}
    assert history(conn) == []
    assert conn.execute("SELECT count(*) FROM body").fetchone() == (0,)
    store.settle(conn, item, Done(emit=(new(), new())))
    conn.commit()
    assert len(states(conn)) == 2
    assert history(conn) == [(number, "done", "")]


def test_many_end_in_one_statement(conn: Conn):
    """A batch is finished with its notes and outputs; one stale claim stops all."""
    put(conn, *(new() for _ in range(5)))
    items = claim(conn)
    ended = [(item, Done(note=str(n), emit=(new(),))) for n, item in enumerate(items)]
    store.finish(conn, ended)
    conn.commit()
    assert [note for _, _, note in history(conn)] == ["0", "1", "2", "3", "4"]
    assert len(states(conn)) == 5

    claimed = claim(conn)
    store.settle(conn, claimed[0], Done())
    with pytest.raises(StaleClaim):
        store.finish(conn, [(item, Done()) for item in claimed])
    conn.rollback()
    assert len(states(conn)) == 5


def test_history_keeps_the_facts(conn: Conn):
    """A settled item is a line with what it was about."""
    trace = uuid.uuid4()
    item = NewItem(
        stage="probe",
        trace=trace,
        message_id="m@x",
        recipient="r@x",
        meta={"via": "lmtp"},
    )
    put(conn, item)
    [claimed] = claim(conn, owner="host/1")
    store.settle(conn, claimed, Done(verdict="dropped", note="loop"))

    found = conn.execute(
        "SELECT trace, message_id, recipient, meta, owner, attempts, verdict, note"
        " FROM spool_history"
    ).fetchone()
    expected = (trace, "m@x", "r@x", {"via": "lmtp"}, "host/1", 1, "dropped", "loop")
    assert found == expected


def test_deferred_items_come_back_when_due(conn: Conn):
    """Promotion takes what is due and no more; a planned retry forgets attempts."""
    put(conn, new(), new())
    due, later = claim(conn)
    store.settle(conn, due, Retry(after=NONE, reason="busy", planned=True))
    store.settle(conn, later, Retry(after=MINUTE, reason="error"))
    conn.commit()

    assert store.promote(conn, stage="other") == 0
    assert store.promote(conn, stage="probe") == 1
    conn.commit()
    assert states(conn) == {due.id: "ready", later.id: "deferred"}
    assert [(item.id, item.attempts) for item in claim(conn)] == [(due.id, 1)]


def test_promoted_items_are_not_hidden_behind_a_horizon(conn: Conn):
    """A claimer that looks from its last rank on sees what became ready since."""
    put(conn, new(), new())
    first, second = store.claim(
        conn, stage="probe", limit=2, lease=MINUTE, owner="test"
    )
    horizon = Horizon()
    horizon.bound()
    horizon.note(last=second[1], full=True)
    store.settle(conn, first[0], Retry(after=NONE, reason="busy", planned=True))
    conn.commit()
    store.promote(conn, stage="probe")
    conn.commit()

    assert horizon.bound() == second[1]
    assert [item.id for item in claim(conn, after=horizon.bound())] == [first[0].id]
