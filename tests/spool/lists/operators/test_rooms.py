"""The spool browser: each filter, pages in both ways, and what a page costs."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from listhub.lists.operators import rooms as browser
from listhub.lists.said import SaidError
from listhub.spool import browse, chosen, store
from listhub.spool.chosen import Filter
from listhub.spool.items import Bury, Item, NewItem
from tests.many_items import fill
from tests.rooms import DOMAIN, Rooms
from tests.spool.stages.test_statements import noting


def put(rooms: Rooms, number: int = 1, **values: Any) -> list[int]:
    values = {"stage": "archive", "trace": uuid.uuid4(), **values}
    numbers = store.put(rooms.conn, [NewItem(**values) for _ in range(number)])
    rooms.conn.commit()
    return numbers


def claim(rooms: Rooms, number: int = 1) -> list[Item]:
    lease = timedelta(minutes=1)
    claimed = store.claim(
        rooms.conn, stage="archive", limit=number, lease=lease, owner="mx1/7"
    )
    rooms.conn.commit()
    return [item for item, _rank in claimed]


def shown(rooms: Rooms, **wanted: Any) -> list[int]:
    page = browser.page(rooms.conn, Filter(**wanted))
    assert browser.count(rooms.conn, Filter(**wanted)) == len(page.rows)
    return [item.id for item in page.rows]


def test_each_filter_chooses(rooms: Rooms) -> None:
    """By domain, trace, sender, error, text, attempts, age and numbers, and all at once."""
    dev, trace = rooms.add_list(), uuid.uuid4()
    [bad] = put(rooms, list_id=dev, trace=trace, reverse_path="Ann@a.example")
    store.settle(rooms.conn, claim(rooms)[0], Bury(reason="KeyError: 'X 7'\n\nline Z"))
    [report, *others] = put(rooms, 3, reverse_path="", recipient="dev@x.example")
    everything = [bad, report, *others]

    assert shown(rooms) == everything
    assert shown(rooms, domain=DOMAIN.upper()) == [bad]
    assert shown(rooms, trace=trace) == [bad]
    assert shown(rooms, sender="ann@A.example") == [bad]
    assert shown(rooms, sender="") == [report, *others]
    assert shown(rooms, error="KeyError: 'X #") == [bad]
    assert shown(rooms, text="keyerror: 'x 7") == [bad]
    assert shown(rooms, text="line Z") == []
    assert shown(rooms, text="%") == []
    assert shown(rooms, attempts=1) == [bad]
    assert shown(rooms, younger=timedelta(hours=1)) == everything
    assert shown(rooms, upto=report) == [bad, report]
    assert shown(rooms, stage="archive", state="buried", list_id=dev, trace=trace) == [
        bad
    ]
    assert shown(rooms, state="nonsense") == []
    assert shown(rooms, stage="nowhere") == []


def test_since_when_an_item_is_as_it_is(rooms: Rooms) -> None:
    """An item says since when it waits, is in work, or lies aside."""
    [number] = put(rooms)
    fresh = browse.item(rooms.conn, number)
    assert fresh is not None
    assert fresh.since == fresh.created_at
    [item] = claim(rooms)
    worked = browse.item(rooms.conn, number)
    assert worked is not None
    assert fresh.since < worked.since
    store.settle(rooms.conn, item, Bury(reason="x"))
    buried = browse.item(rooms.conn, number)
    assert buried is not None
    assert worked.since < buried.since


def test_pages_go_on_and_back(rooms: Rooms) -> None:
    """A cursor leads to the next page and back; what goes meanwhile shifts nothing."""
    numbers = put(rooms, 10)
    first = browser.page(rooms.conn, Filter(), size=4)
    second = browser.page(rooms.conn, Filter(), cursor=first.after, size=4)
    rooms.rows("DELETE FROM spool_item WHERE id = %s RETURNING 1", numbers[0])
    third = browser.page(rooms.conn, Filter(), cursor=second.after, size=4)
    assert [item.id for item in second.rows] == numbers[4:8]
    assert [item.id for item in third.rows] == numbers[8:]
    assert (first.before, third.after) == ("", "")
    back = browser.page(rooms.conn, Filter(), cursor=third.before, size=4)
    assert [item.id for item in back.rows] == numbers[4:8]
    start = browser.page(rooms.conn, Filter(), cursor=back.before, size=4)
    assert [item.id for item in start.rows] == numbers[1:4]
    assert start.before == ""
    with pytest.raises(SaidError):
        browser.page(rooms.conn, Filter(), cursor="nonsense")


def test_a_page_of_a_full_spool_is_one_statement_by_index(database_url: str) -> None:
    """Among 100,000 items: one statement, and no room is found by reading the table."""
    asked: list[str] = []
    with psycopg.connect(database_url) as conn:
        fill(conn, items=100_000)
        conn.cursor_factory = noting(asked)
        for wanted in (
            Filter(),
            Filter(stage="archive", state="held"),
            Filter(domain=DOMAIN, state="buried"),
            Filter(stage="nowhere"),
        ):
            asked.clear()
            page = browser.page(conn, wanted)
            assert len(asked) == 1
            assert len(page.rows) == (0 if wanted.stage == "nowhere" else 50)
        for wanted in (Filter(stage="nowhere"), Filter(stage="archive", state="held")):
            plan = conn.execute(
                "EXPLAIN SELECT * FROM spool_item WHERE"  # noqa: S608 - ours
                f" {chosen.condition(wanted)} ORDER BY id LIMIT 50".encode(),
                chosen.values(wanted),
            )
            text = "\n".join(row[0] for row in plan)
            assert "Seq Scan" not in text, text
