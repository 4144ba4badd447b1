import socket
from datetime import timedelta

from listhub.spool import store
from listhub.stages.table import by_name
from listhub.worker.pump import Pump
from tests.rooms import Rooms, post_bytes


def look(rooms: Rooms, *stages: str) -> list[str]:
    """Have a pump look into rooms once; return whom it woke."""
    woken: list[str] = []
    pump = Pump(rooms.host.settings, ("distribution",), woken.append)
    for stage in stages:
        pump.look(by_name(stage), rooms.host)
    return woken


def age(rooms: Rooms) -> None:
    rooms.conn.execute("UPDATE spool_item SET created_at = now() - interval '5 s'")
    rooms.conn.commit()


def test_what_missed_its_wake_is_done_without_a_broker(rooms: Rooms):
    """An item that nobody was woken for is drained by the pump itself."""
    rooms.add_list(members=["ann@a.example"])
    rooms.put("distribute", post_bytes())
    age(rooms)

    woken = look(rooms, "distribute")

    assert woken == ["distribute"]
    assert len(rooms.settled("distribute")) == 1


def test_a_rank_ahead_of_now_is_overdue_all_the_same(rooms: Rooms):
    """A packet whose list has spent its share still has missed its wake."""
    rooms.add_list(members=["ann@a.example"])
    rooms.put("distribute", post_bytes())
    rooms.conn.execute("UPDATE spool_item SET rank = now() + interval '5 min'")
    age(rooms)

    assert store.overdue(rooms.conn, stage="distribute", seconds=0.5)


def test_fresh_items_are_left_to_the_wakes(rooms: Rooms):
    """What has just come is not overdue."""
    rooms.add_list()
    rooms.put("distribute", post_bytes())

    assert not store.overdue(rooms.conn, stage="distribute", seconds=60)


def test_a_room_with_a_worker_of_this_host_is_left_to_it(rooms: Rooms):
    """While a child of this host is at it, the pump only wakes, and does not rival."""
    rooms.add_list(members=["ann@a.example"])
    for n in range(2):
        rooms.put("distribute", post_bytes(message_id=f"{n}@a.example"))
    age(rooms)
    store.claim(
        rooms.conn,
        stage="distribute",
        limit=1,
        lease=timedelta(minutes=1),
        owner=f"{socket.gethostname()}/1",
    )
    rooms.conn.commit()

    assert look(rooms, "distribute") == ["distribute"]

    assert rooms.settled("distribute") == []


def test_due_items_become_ready(rooms: Rooms):
    """The pump makes deferred items ready when their time has come, not before."""
    rooms.add_list()
    for n in range(2):
        rooms.put("archive", post_bytes(message_id=f"{n}@a.example"))
    rooms.conn.execute(
        "UPDATE spool_item SET state = 'deferred',"
        " due_at = now() + (id - 2) * interval '1 hour' + interval '30 min'"
    )
    rooms.conn.commit()

    look(rooms, "archive")

    assert len(rooms.waiting("archive", "deferred")) == 1
