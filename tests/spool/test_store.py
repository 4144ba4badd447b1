"""The laws of the spool: one owner at every instant, whatever happens to the others."""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from listhub.errors import StaleClaim
from listhub.spool import bodies, partitions, store
from listhub.spool.horizon import Horizon
from listhub.spool.items import Bury, Done, Item, NewItem, Park, Retry

MINUTE = timedelta(minutes=1)
#: A lease that has run out as soon as its claim is committed.
NONE = timedelta(0)

Conn = psycopg.Connection[Any]


@pytest.fixture
def conn(database_url: str) -> Iterator[Conn]:
    with psycopg.connect(database_url) as conn:
        yield conn


@pytest.fixture
def other(database_url: str) -> Iterator[Conn]:
    with psycopg.connect(database_url) as conn:
        yield conn


def new(**values: Any) -> NewItem:
    return NewItem(stage="probe", trace=uuid.uuid4(), **values)


def put(conn: Conn, *items: NewItem) -> list[int]:
    numbers = store.put(conn, items)
    conn.commit()
    return numbers


def claim(
    conn: Conn,
    *,
    limit: int = 10,
    lease: timedelta = MINUTE,
    owner: str = "test",
    after: datetime | None = None,
) -> list[Item]:
    claimed = store.claim(
        conn, stage="probe", limit=limit, lease=lease, owner=owner, after=after
    )
    conn.commit()
    return [item for item, _rank in claimed]


def states(conn: Conn) -> dict[int, str]:
    found = conn.execute("SELECT id, state FROM spool_item").fetchall()
    conn.commit()
    return dict(found)


def history(conn: Conn) -> list[tuple[int, str, str]]:
    found = conn.execute("SELECT item_id, verdict, note FROM spool_history ORDER BY 1")
    return found.fetchall()


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


# --- bodies -------------------------------------------------------------------------


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


# --- partitions -------------------------------------------------------------------------


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
