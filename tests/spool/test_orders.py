"""Operators' orders on many items: one effect each, and a word for every item."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from listhub.errors import PermanentError
from listhub.spool import buried, operator, orders, store
from listhub.spool.chosen import Filter
from listhub.spool.items import Bury, Done, Item, NewItem, Park, Verdict
from listhub.spool.meanwhile import Action, Change
from listhub.spool.operator import Edit, Envelope
from listhub.spool.orders import Asked, Order
from tests.many_items import fill
from tests.rooms import Rooms
from tests.spool.stages.test_statements import noting

ANN, BOB = "ann@a.example", "bob@b.example"
MINUTE = timedelta(minutes=1)


def put(rooms: Rooms, number: int = 1, **values: Any) -> list[int]:
    values = {"stage": "archive", **values}
    new = [NewItem(trace=uuid.uuid4(), **values) for _ in range(number)]
    numbers = store.put(rooms.conn, new)
    rooms.conn.commit()
    return numbers


def claim(rooms: Rooms, number: int = 1) -> list[Item]:
    claimed = store.claim(
        rooms.conn, stage="archive", limit=number, lease=MINUTE, owner="mx1/7"
    )
    rooms.conn.commit()
    return [item for item, _rank in claimed]


def aside(rooms: Rooms, *verdicts: Verdict) -> list[int]:
    numbers = put(rooms, len(verdicts))
    for item, verdict in zip(claim(rooms, len(verdicts)), verdicts, strict=True):
        store.settle(rooms.conn, item, verdict)
    rooms.conn.commit()
    return numbers


def do(
    rooms: Rooms, action: Action, *asked: Asked | int, actor: str = ANN, **more: Any
) -> list[Change]:
    order = Order(action=action, actor=actor, how="web", **more)
    items = [Asked(item=one) if isinstance(one, int) else one for one in asked]
    changes = orders.carry_out(rooms.conn, order, items)
    rooms.conn.commit()
    return changes


def test_every_item_has_its_own_answer(rooms: Rooms) -> None:
    """One order, six items in six states: what is for it is done, the rest is told why."""
    bury, parked = aside(rooms, Bury(reason="x"), Park(reason="y"))
    held, done, worked = put(rooms, 3)
    do(rooms, "hold", held)
    first, second = claim(rooms, 2)
    store.settle(rooms.conn, first, Done(note="filed"))
    assert {first.id, second.id} == {done, worked}

    changes = do(rooms, "release", held, parked, done, worked, bury, 999, actor=BOB)

    outcomes = [(one.item, one.outcome, one.changed) for one in changes]
    assert outcomes == [
        (held, "done", True),
        (parked, "done", True),
        (first.id, "gone", False),
        (second.id, "already", False),
        (bury, "refused", False),
        (999, "gone", False),
    ]
    said = [one.sentence for one in changes]
    assert said[:2] == [f"Item {held} is ready.", f"Item {parked} is ready."]
    assert "as done (filed)" in said[2]
    assert "in work already" in said[3]
    assert said[4] == f"Item {bury} is buried; use `listhub spool retry`."
    assert said[5] == "There is no item 999 in the spool."
    noted = rooms.rows("SELECT object, actor, detail FROM audit WHERE actor = %s", BOB)
    assert {(row.object, row.detail["how"]) for row in noted} == {
        (f"item {held}", "web"),
        (f"item {parked}", "web"),
    }


def test_a_stale_page_changes_nothing_and_is_told(rooms: Rooms) -> None:
    """Who saw an item held does not drop it after somebody let it go."""
    [number] = put(rooms, held=True)
    seen = Asked(item=number, expected="held")
    do(rooms, "release", number, actor=BOB)

    [late] = do(rooms, "drop", seen)
    assert (late.changed, late.outcome, late.state, late.by) == (
        *(False, "refused", "ready", BOB),
    )
    assert f"ready by now and not held any more (release by {BOB}" in late.sentence
    [again] = do(rooms, "release", seen)
    assert again.outcome == "already"
    assert f"ready already (release by {BOB}" in again.sentence

    assert do(rooms, "drop", Asked(item=number, expected="ready"))[0].changed
    [twice] = do(rooms, "drop", seen, actor=BOB)
    assert (twice.outcome, twice.by) == ("already", ANN)
    assert f"(by {ANN})" in twice.sentence


def test_work_is_taken_away_by_force_alone(rooms: Rooms) -> None:
    """An item in work is left to its worker, whatever the page showed, unless forced."""
    put(rooms, 2)
    first, second = claim(rooms, 2)
    seen = Asked(item=first.id, expected="ready")
    [refused] = do(rooms, "drop", seen)
    assert refused.outcome == "refused"
    assert "worked on by mx1/7" in refused.sentence
    assert do(rooms, "drop", seen, force=True)[0].changed
    assert do(rooms, "hold", second.id, force=True)[0].changed
    [deed] = rooms.rows("SELECT detail FROM audit WHERE action = 'spool.drop'")
    assert deed.detail["force"] is True
    assert store.open_claims(rooms.conn, [first, second]) == set()


def test_what_is_being_settled_is_passed_over(rooms: Rooms, database_url: str) -> None:
    """A bulk waits for nobody: the item that a worker is settling is told as busy."""
    one, other = put(rooms, 2)
    with psycopg.connect(database_url) as worker:
        worker.execute("SELECT FROM spool_item WHERE id = %s FOR UPDATE", [one])
        changes = do(rooms, "hold", one, other)
    assert [change.outcome for change in changes] == ["busy", "done"]


def test_an_edit_of_what_was_edited_meanwhile(rooms: Rooms) -> None:
    """Two open the same envelope: the second one is told of the first, by name."""
    [number] = put(rooms, recipient="dev@x.example")
    seen = Envelope(
        recipient="dev@x.example", list_id=None, reverse_path=None, priority=5
    )
    first, second = Edit(priority=0), Edit(priority=9)
    done = operator.edit(rooms.conn, number, first, actor=ANN, how="web", expected=seen)
    assert done.changed
    with pytest.raises(PermanentError, match=rf"changed meanwhile: edit by {ANN}"):
        operator.edit(rooms.conn, number, second, actor=BOB, expected=seen)


def test_buried_items_are_one_group_for_one_cause(rooms: Rooms) -> None:
    """The inbox says stage, error, how many, since when; a group is retried as one."""
    fault = "KeyError: 'm{}@a.example' is not there\n\nTraceback ...\n"
    same = aside(rooms, *(Bury(reason=fault.format(n)) for n in range(3)))
    other = aside(rooms, Bury(reason="ValueError: no"))
    largest, small = buried.groups(rooms.conn)

    assert (largest.error, largest.items) == ("KeyError: # is not there", 3)
    assert largest.example == "KeyError: 'm2@a.example' is not there"
    assert largest.first < largest.last < small.last
    assert (small.stage, small.items, small.newest) == ("archive", 1, other[0])

    # What came after the page was made is left alone.
    aside(rooms, Bury(reason=fault.format(7)))
    order = Order(action="retry", actor=ANN, how="web")
    bulk = orders.carry_out_on(rooms.conn, order, largest.filter)
    assert [change.item for change in bulk.changes] == same
    assert (bulk.changed, bulk.after) == (3, None)
    assert bulk.stages == {"archive"}
    assert [group.items for group in buried.groups(rooms.conn)] == [1, 1]


def test_a_filter_is_worked_through_in_pieces(rooms: Rooms) -> None:
    """A bulk meets each item once; only states that the order is for are met."""
    waiting, held = put(rooms, 5), put(rooms, 2, held=True)
    order = Order(action="hold", actor=ANN)
    wanted = Filter(stage="archive")
    first = orders.carry_out_on(rooms.conn, order, wanted, limit=3)
    assert ([one.item for one in first.changes], first.after) == (
        *(waiting[:3], waiting[2]),
    )
    rest = Filter(stage="archive", after=first.after)
    second = orders.carry_out_on(rooms.conn, order, rest, limit=3)
    assert ([one.item for one in second.changes], second.after) == (waiting[3:], None)
    drop = Order(action="drop", actor=ANN, note="spam")
    assert orders.carry_out_on(rooms.conn, drop, Filter(state="held")).changed == 7
    notes = {row.note for row in rooms.settled("archive")}
    assert notes == {f"spam (by {ANN})"}
    assert held


@pytest.mark.parametrize(
    ("action", "wanted"),
    [
        ("retry", Filter(state="buried")),
        ("hold", Filter(state="ready")),
        ("drop", Filter(stage="send")),
    ],
)
def test_ten_thousand_at_once_are_few_statements(
    database_url: str, action: Action, wanted: Filter
) -> None:
    """A bulk of 10,000 among 100,000 items: two statements, each change audited."""
    asked: list[str] = []
    with psycopg.connect(database_url) as conn:
        fill(conn, items=100_000)
        conn.cursor_factory = noting(asked)
        order = Order(action=action, actor=ANN, how="api")
        bulk = orders.carry_out_on(conn, order, wanted)
        assert len(asked) == 2
        assert bulk.changed == len(bulk.changes) == 10_000
        audited = conn.execute("SELECT count(DISTINCT object) FROM audit").fetchone()
        assert audited == (10_000,)
