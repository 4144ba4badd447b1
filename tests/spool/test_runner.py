"""The loop of every room: what becomes of an item whose handler fails, and its neighbours."""

import dataclasses
import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from listhub.errors import TemporaryError
from listhub.spool import store
from listhub.spool.items import Bury, Done, Item, NewItem, Park, Verdict
from listhub.stages import runner
from listhub.stages.stage import Host, RoomStage, StageContext
from tests.rooms import Rooms

Handler = Callable[[Item, StageContext], Verdict]


def stage(handle: Handler, *, together: bool = False) -> RoomStage:
    return RoomStage(name="probe", about="A test.", handle=handle, together=together)


def fill(rooms: Rooms, recipients: Iterable[str]) -> list[int]:
    numbers = store.put(
        rooms.conn,
        [
            NewItem(stage="probe", trace=uuid.uuid4(), recipient=recipient)
            for recipient in recipients
        ],
    )
    rooms.conn.commit()
    return numbers


def drain(room: RoomStage, host: Host, *, seconds: float = 20.0) -> int:
    return runner.drain(room, host, seconds=seconds)


def with_spool(rooms: Rooms, **values: Any) -> Host:
    settings = rooms.host.settings
    spool = dataclasses.replace(settings.spool, **values)
    return dataclasses.replace(
        rooms.host,
        settings=dataclasses.replace(settings, spool=spool),
        flows={},
        _links=[],
    )


def effects(rooms: Rooms) -> list[str]:
    return [row.note for row in rooms.settled("probe")]


def note(item: Item, _context: StageContext) -> Verdict:
    return Done(note=item.recipient or "")


@pytest.mark.parametrize("together", [False, True])
def test_a_room_is_emptied_in_order(rooms: Rooms, together: bool):
    """Everything is settled once; what it emits waits in the next room."""
    fill(rooms, map(str, range(50)))
    woken: list[str] = []

    def handle(item: Item, context: StageContext) -> Verdict:
        again = NewItem(stage="archive", trace=item.trace)
        return Done(note=item.recipient or "", emit=(again,))

    host = dataclasses.replace(rooms.host, nudge=woken.append, flows={}, _links=[])
    assert drain(stage(handle, together=together), host) == 50
    host.close()
    assert sorted(map(int, effects(rooms))) == list(range(50))
    assert len(rooms.waiting("archive")) == 50
    assert set(woken) == {"archive"}


@pytest.mark.parametrize("together", [False, True])
def test_a_failure_is_the_items_own(rooms: Rooms, together: bool):
    """A handler that raises defers its item with the reason; its neighbours go on."""
    fill(rooms, ["a", "bad", "c"])

    def handle(item: Item, context: StageContext) -> Verdict:
        context.conn.execute("INSERT INTO domain (name) VALUES (%s)", [item.recipient])
        if item.recipient == "bad":
            raise ValueError("no\0way")
        return Done(note=item.recipient or "")

    assert drain(stage(handle, together=together), rooms.host) == 3
    assert sorted(effects(rooms)) == ["a", "c"]
    [bad] = rooms.waiting("probe", "deferred")
    assert (bad.recipient, bad.attempts) == ("bad", 1)
    assert bad.reason.startswith("ValueError: no")
    assert "Traceback" in bad.reason
    names = [row.name for row in rooms.rows("SELECT name FROM domain ORDER BY 1")]
    assert names == ["a", "c"]


def test_what_fails_too_often_is_buried_with_its_traceback(rooms: Rooms):
    """After spool.max_attempts failures an item is set aside, visible."""
    fill(rooms, ["bad"])
    host = with_spool(rooms, max_attempts=3, retry_base=0.001)

    def handle(item: Item, context: StageContext) -> Verdict:
        raise ValueError(item.recipient)

    tries = 0
    while not rooms.waiting("probe", "buried"):
        rooms.rows("UPDATE spool_item SET due_at = now() - interval '1 s' RETURNING 1")
        store.promote(rooms.conn, stage="probe")
        rooms.conn.commit()
        tries += drain(stage(handle), host)
        assert tries <= 3
    host.close()
    [buried] = rooms.waiting("probe", "buried")
    assert (tries, buried.attempts) == (3, 3)
    assert "ValueError: bad" in buried.reason


def test_a_statement_that_timed_out_is_a_failure_like_any(rooms: Rooms):
    """The database cancels one item's statement: it is deferred, the next go on."""
    fill(rooms, ["slow", "b"])

    def handle(item: Item, context: StageContext) -> Verdict:
        if item.recipient == "slow":
            context.conn.execute("SET LOCAL statement_timeout = 20")
            context.conn.execute("SELECT pg_sleep(5)")
        return Done(note=item.recipient or "")

    for together in (False, True):
        drain(stage(handle, together=together), rooms.host)
        [slow] = rooms.waiting("probe", "deferred")
        assert "QueryCanceled" in slow.reason
        rooms.rows("UPDATE spool_item SET state = 'ready' RETURNING id")
    assert effects(rooms) == ["b"]


def test_poison_is_buried_and_its_neighbours_are_not(rooms: Rooms):
    """An item that kills its worker each time takes nobody with it.

    The death is a BaseException that no handler of ours catches; the lease has run
    out by the time the next worker comes.
    """
    poison = fill(rooms, ["a", "poison", "c", "d"])[1]
    host = with_spool(rooms, lease=1e-6, max_attempts=3)

    class Killed(BaseException):
        pass

    def handle(item: Item, context: StageContext) -> Verdict:
        if item.recipient == "poison":
            raise Killed
        return Done(note=item.recipient or "")

    deaths = 0
    while not rooms.waiting("probe", "buried"):
        try:
            drain(stage(handle, together=True), host)
        except Killed:
            deaths += 1
        assert deaths <= 3
    drain(stage(handle, together=True), host)
    host.close()

    [buried] = rooms.waiting("probe", "buried")
    assert (buried.id, deaths) == (poison, 3)
    assert "died 3 times" in buried.reason
    assert sorted(effects(rooms)) == ["a", "c", "d"]


def test_a_lost_lease_undoes_the_work(rooms: Rooms):
    """Who is too slow leaves no effect; the room goes on."""
    fill(rooms, ["slow", "b"])

    def handle(item: Item, context: StageContext) -> Verdict:
        context.conn.execute("INSERT INTO domain (name) VALUES (%s)", [item.recipient])
        if item.recipient == "slow":
            # As another claimer would, had it got at the row before we locked it.
            context.conn.execute(
                "UPDATE spool_item SET token = gen_random_uuid(),"
                " lease_until = now() + interval '1 min' WHERE id = %s",
                [item.id],
            )
        return Done(note=item.recipient or "")

    assert drain(stage(handle), rooms.host, seconds=1) >= 1
    names = [row.name for row in rooms.rows("SELECT name FROM domain")]
    assert names == ["b"]


def test_a_lease_lost_before_a_failure_is_only_lost(rooms: Rooms):
    """A handler that raises after its lease was taken does not end the drain."""
    fill(rooms, ["late", "b"])

    def handle(item: Item, context: StageContext) -> Verdict:
        if item.recipient == "late":
            context.conn.rollback()  # lets go of the row, as a broken handler might
            rooms.rows(
                "UPDATE spool_item SET token = gen_random_uuid() WHERE id = %s"
                " RETURNING id",
                item.id,
            )
            raise ValueError
        return Done(note=item.recipient or "")

    assert drain(stage(handle), rooms.host) == 1
    assert effects(rooms) == ["b"]


def test_verdicts_set_aside(rooms: Rooms):
    """Park and Bury keep the item out of the way, with the reason."""
    fill(rooms, ["park", "bury"])

    def handle(item: Item, context: StageContext) -> Verdict:
        if item.recipient == "park":
            return Park(reason="a moderator decides")
        return Bury(reason="no list")

    for together in (True, False):
        drain(stage(handle, together=together), rooms.host)
    assert [row.reason for row in rooms.waiting("probe", "parked")] == [
        "a moderator decides"
    ]
    assert [row.reason for row in rooms.waiting("probe", "buried")] == ["no list"]


def test_who_is_told_to_stop_gives_back(rooms: Rooms):
    """What was claimed and not begun is ready for others, and was no attempt."""
    fill(rooms, map(str, range(10)))
    done: list[str] = []

    def handle(item: Item, context: StageContext) -> Verdict:
        done.append(item.recipient or "")
        return Done()

    host = dataclasses.replace(
        rooms.host, stopping=lambda: len(done) >= 3, flows={}, _links=[]
    )
    assert drain(stage(handle), host) == 3
    host.close()
    left = rooms.waiting("probe")
    assert {(row.attempts, row.lease_until) for row in left} == {(0, None)}
    assert len(left) == 7


def test_a_database_that_goes_away_is_temporary(rooms: Rooms):
    """The connection breaks in a handler: TemporaryError, and the item is kept."""
    fill(rooms, ["a"])

    def handle(item: Item, context: StageContext) -> Verdict:
        with psycopg.connect(rooms.url) as other:
            pid = context.conn.info.backend_pid
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        context.conn.execute("SELECT 1")
        return Done()

    with pytest.raises(TemporaryError):
        drain(stage(handle), rooms.host)
    [item] = rooms.waiting("probe")
    assert item.attempts == 1
    rooms.rows("UPDATE spool_item SET lease_until = now() RETURNING id")
    assert drain(stage(note), rooms.host) == 1


def test_what_was_not_begun_is_given_back_by_the_next_drain(rooms: Rooms):
    """A broken connection costs one item its lease, not all that was claimed with it."""
    fill(rooms, ["a", "b", "c"])

    def handle(item: Item, context: StageContext) -> Verdict:
        with psycopg.connect(rooms.url) as other:
            pid = context.conn.info.backend_pid
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        context.conn.execute("SELECT 1")
        return Done()

    with pytest.raises(TemporaryError):
        drain(stage(handle), rooms.host)
    assert drain(stage(note), rooms.host) == 2
    assert effects(rooms) == ["b", "c"]
    [begun] = rooms.waiting("probe")
    assert (begun.recipient, begun.attempts) == ("a", 1)
    assert rooms.host.unbegun == []


def test_failures_wait_longer_each_time(rooms: Rooms):
    """The wait grows with the attempts."""
    fill(rooms, ["x"])
    claimed = store.claim(
        rooms.conn, stage="probe", limit=1, lease=timedelta(minutes=1), owner="t"
    )
    first = claimed[0][0]
    waits = []
    for attempts in (1, 2, 3):
        item = dataclasses.replace(first, attempts=attempts)
        verdict = runner.failure(item, ValueError(), rooms.host)
        waits.append(getattr(verdict, "after").total_seconds())  # noqa: B009
    assert waits == sorted(set(waits))
    assert waits[0] == rooms.host.settings.spool.retry_base
