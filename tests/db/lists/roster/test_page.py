"""Members by pages: searched, filtered, sorted, forth and back, and counted exactly."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from listhub.clock import now
from listhub.errors import UsageError
from listhub.lists.posting import ListRow
from listhub.lists.roster import page as roster
from listhub.lists.roster.page import Sort, Wanted
from tests.shelves import Driver, add_list, all_pages, bounce, source, subscribe

DAY = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def row(driver: Driver) -> ListRow:
    """Return a list with members of many kinds."""
    made = add_list(driver, members=["plain@a.example"])
    add_list(driver, "other", members=["other@a.example"])
    subscribe(driver, made.id, "Bob.Smith@b.example", name="Robert Ångström")
    subscribe(driver, made.id, "digest@b.example", reception="digest")
    subscribe(driver, made.id, "notme@b.example", own_posts=False)
    subscribe(driver, made.id, "hidden@c.example", concealed=True)
    subscribe(driver, made.id, "paused@c.example", suspended_at=DAY)
    subscribe(
        driver,
        made.id,
        "back@c.example",
        suspended_at=DAY - timedelta(days=9),
        suspended_until=DAY,
    )
    subscribe(driver, made.id, "later@c.example", suspended_at=now() + timedelta(9))
    subscribe(driver, made.id, "given@d.example", subscribed=False)
    source(driver, made, "file", "given@d.example", "plain@a.example")
    gone = subscribe(driver, made.id, "bounces@d.example")
    bounce(driver, made, gone, "bounces@d.example")
    driver.execute(
        "UPDATE subscription SET created_at = created_at - id * interval '1s'"
    )
    return made


def found(driver: Driver, row: ListRow, **wanted: object) -> list[str]:
    """Return whom a page has; the count has to say the same."""
    choice = Wanted(**wanted)  # type: ignore[arg-type]
    rows = roster.page(driver, row.id, choice).rows
    assert roster.count(driver, row.id, choice) == len(rows)
    return [member.address.partition("@")[0] for member in rows]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"text": "smith@B"}, ["Bob.Smith"]),
        ({"text": "ÅNGS"}, ["Bob.Smith"]),
        ({"text": "robert"}, ["Bob.Smith"]),
        ({"text": "@d.example"}, ["bounces", "given"]),
        ({"text": "%"}, []),
        ({"text": "_"}, []),
        ({"text": "\\"}, []),
        ({"text": "\0", "concealed": True}, ["hidden"]),
        ({"reception": "digest"}, ["digest"]),
        ({"reception": "not_me"}, ["notme"]),
        ({"concealed": True}, ["hidden"]),
        ({"suspended": True}, ["paused"]),
        ({"suspended": True, "reception": "digest"}, []),
        ({"bouncing": True}, ["bounces"]),
        ({"source_only": True}, ["given"]),
        ({"source_only": False, "text": "@d"}, ["bounces"]),
        ({"bouncing": False, "text": "@d"}, ["given"]),
        ({"suspended": False, "text": "@c"}, ["back", "hidden", "later"]),
    ],
)
def test_members_are_searched(
    driver: Driver, row: ListRow, wanted: dict[str, object], expected: list[str]
) -> None:
    """Each filter finds whom it says, alone and with others."""
    assert found(driver, row, **wanted) == expected


def test_what_a_table_shows_of_a_member(driver: Driver, row: ListRow) -> None:
    """Where they come from, whether their mail comes, and since when."""
    members = {m.address: m for m in roster.page(driver, row.id, Wanted()).rows}

    assert len(members) == 10
    given, plain = members["given@d.example"], members["plain@a.example"]
    assert (given.subscribed, given.from_source) == (False, True)
    assert (plain.subscribed, plain.from_source) == (True, True)
    assert members["bounces@d.example"].bouncing
    assert [m.address for m in members.values() if m.suspended] == ["paused@c.example"]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", get_args(Sort))
def test_pages_in_every_order(
    driver: Driver,
    row: ListRow,
    sort: Sort,
    descending: bool,
) -> None:
    """Each member once, in order, and back to the same pages."""
    wanted = Wanted(sort=sort, descending=descending)

    def turn(cursor: str) -> object:
        return roster.page(driver, row.id, wanted, cursor=cursor, size=3)

    members = all_pages(turn)
    keys = {
        "address": lambda m: m.address_key,
        "name": lambda m: (m.name.lower(), m.address_key),
        "since": lambda m: (m.since, m.id),
    }
    assert members == sorted(members, key=keys[sort], reverse=descending)
    assert len({member.id for member in members}) == 10
    first = roster.page(driver, row.id, wanted, size=3)
    second = roster.page(driver, row.id, wanted, size=3, cursor=first.after)
    back = roster.page(driver, row.id, wanted, size=3, cursor=second.before)
    assert (back.rows, back.after, back.before) == (first.rows, first.after, "")


def test_what_cannot_be_asked(driver: Driver, row: ListRow) -> None:
    """An unknown reception and a cursor of another order get a sentence."""
    with pytest.raises(UsageError, match="no reception"):
        roster.page(driver, row.id, Wanted(reception="pigeon"))
    other = roster.page(driver, row.id, Wanted(sort="since"), size=3).after
    with pytest.raises(UsageError, match="no such page"):
        roster.page(driver, row.id, Wanted(), cursor=other)
