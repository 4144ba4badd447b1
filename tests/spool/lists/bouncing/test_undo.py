"""Undo: everything that was done automatically is taken back, exactly."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from listhub.errors import UsageError
from listhub.lists.bouncing import complaints, undo
from tests.bouncing import actions, dead, evaluated, members
from tests.rooms import Rooms

BOB = "bob@b.example"
BY = "admin"


def make(rooms: Rooms, **settings: Any) -> tuple[int, tuple[str, int]]:
    dev = rooms.add_list(bounce_probe=False, **settings)
    number = rooms.subscribe(
        dev,
        BOB,
        reception="digest",
        own_posts=False,
        concealed=True,
        topics=["exams"],
        created_at=datetime(2020, 2, 29, 12, tzinfo=UTC),
    )
    return dev, (BOB, number)


def subscription(rooms: Rooms) -> list[Any]:
    return rooms.rows("SELECT to_jsonb(subscription) AS all FROM subscription")


def newest(rooms: Rooms) -> int:
    [row] = rooms.rows(
        "SELECT max(id) AS id FROM bounce_action WHERE action <> 'reset'"
    )
    return int(row.id)


def test_a_removed_member_comes_back_as_they_were(rooms: Rooms):
    """Number, options, dates: every column; and the next evaluation leaves them."""
    dev, bob = make(rooms, suppression="domain")
    before = subscription(rooms)
    dead(rooms, dev, bob)
    evaluated(rooms, dev)
    assert members(rooms, dev) == []

    done = undo.undo(rooms.conn, newest(rooms), actor=BY)
    rooms.conn.commit()
    evaluated(rooms, dev)

    assert (done.changed, done.sentence) == (
        True,
        f"{BOB} is a member of dev@lists.example again.",
    )
    assert subscription(rooms) == before
    assert rooms.rows("SELECT * FROM exclusion") == []
    assert rooms.rows("SELECT * FROM suppression") == []


def test_twice_is_once(rooms: Rooms):
    """The second is told who was first."""
    dev, bob = make(rooms)
    dead(rooms, dev, bob)
    evaluated(rooms, dev)
    undo.undo(rooms.conn, newest(rooms), actor=BY)

    again = undo.undo(rooms.conn, newest(rooms), actor="another")

    assert not again.changed
    assert again.sentence.startswith("admin has undone")


def test_an_exclusion_of_before_stays(rooms: Rooms):
    """Undo takes back what it did, and nothing that was so before."""
    dev, bob = make(rooms)
    rooms.conn.execute("INSERT INTO exclusion VALUES (%s, %s)", [dev, BOB])
    dead(rooms, dev, bob)
    evaluated(rooms, dev)

    undo.undo(rooms.conn, newest(rooms), actor=BY)

    assert len(rooms.rows("SELECT * FROM exclusion")) == 1


def test_who_came_back_alone_keeps_the_new_membership(rooms: Rooms):
    """A person who subscribed again is not given a second membership."""
    dev, bob = make(rooms)
    dead(rooms, dev, bob)
    evaluated(rooms, dev)
    rooms.subscribe(dev, BOB)

    done = undo.undo(rooms.conn, newest(rooms), actor=BY)

    assert "again already" in done.sentence
    assert members(rooms, dev) == [BOB]


def test_an_erased_person_does_not_come_back(rooms: Rooms):
    """Whoever was erased stays so."""
    dev, bob = make(rooms)
    dead(rooms, dev, bob)
    evaluated(rooms, dev)
    rooms.conn.execute("DELETE FROM person WHERE address_key = %s", [BOB])

    with pytest.raises(UsageError, match="erased"):
        undo.undo(rooms.conn, newest(rooms), actor=BY)


def test_a_suspension_is_taken_back_unless_the_member_has_chosen_since(rooms: Rooms):
    """What somebody has chosen since stays chosen."""
    dev, bob = make(rooms, bouncers_level2_action="suspend")
    before = subscription(rooms)[0].all
    dead(rooms, dev, bob)
    evaluated(rooms, dev)
    number = newest(rooms)
    with rooms.conn.transaction(force_rollback=True):
        undo.undo(rooms.conn, number, actor=BY)
        [row] = rooms.conn.execute("SELECT to_jsonb(subscription) FROM subscription")
        assert row[0] | {"changed_at": None} == before
    later = datetime.now(tz=UTC) + timedelta(days=9)
    rooms.conn.execute("UPDATE subscription SET suspended_until = %s", [later])

    done = undo.undo(rooms.conn, newest(rooms), actor=BY)

    assert "has chosen otherwise" in done.sentence
    [row] = rooms.rows("SELECT suspended_until FROM subscription")
    assert row.suspended_until == later


def test_a_probe_that_is_undone_is_not_waited_for(rooms: Rooms):
    """The question is taken back, and what led to it counts no longer."""
    dev = rooms.add_list()
    bob = (BOB, rooms.subscribe(dev, BOB))
    dead(rooms, dev, bob)
    evaluated(rooms, dev)

    undo.undo(rooms.conn, newest(rooms), actor=BY)
    rooms.conn.commit()
    evaluated(rooms, dev)

    assert [each[:3] for each in actions(rooms)] == [
        ("probe", "bounces", "cleared"),
        ("reset", BY, ""),
    ]


def test_a_complaint_can_be_undone(rooms: Rooms):
    """Somebody pressed the wrong button: the membership comes back."""
    dev, bob = make(rooms)
    before = subscription(rooms)
    complaints.end(rooms.conn, dev, bob[1])
    complaints.end(rooms.conn, dev, bob[1])
    rooms.conn.commit()
    assert members(rooms, dev) == []

    undo.undo(rooms.conn, newest(rooms), actor=BY)
    rooms.conn.commit()

    assert subscription(rooms) == before


def test_a_whole_day(rooms: Rooms):
    """All lists, or one; other days stay as they are."""
    dev, bob = make(rooms)
    staff = rooms.add_list("staff", bounce_probe=False)
    ann = ("ann@a.example", rooms.subscribe(staff, "ann@a.example"))
    eve = ("eve@e.example", rooms.subscribe(staff, "eve@e.example"))
    for list_id, member in ((dev, bob), (staff, ann), (staff, eve)):
        dead(rooms, list_id, member)
        evaluated(rooms, list_id)
    rooms.conn.execute(
        "UPDATE bounce_action SET at = at - interval '2 days' WHERE address = %s",
        ["eve@e.example"],
    )
    [row] = rooms.rows("SELECT (now() AT TIME ZONE 'UTC')::date AS day")

    only = undo.undo_day(rooms.conn, row.day, list_id=staff, actor=BY)
    rest = undo.undo_day(rooms.conn, row.day, actor=BY)
    rooms.conn.commit()

    assert [one.address for one in only] == ["ann@a.example"]
    assert [one.address for one in rest] == [BOB]
    assert undo.undo_day(rooms.conn, row.day, actor=BY) == []
    assert members(rooms, staff) == ["ann@a.example"]


def test_there_is_no_such_action(rooms: Rooms):
    """One sentence says what is wrong."""
    with pytest.raises(UsageError, match="no action 77"):
        undo.undo(rooms.conn, 77, actor=BY)
