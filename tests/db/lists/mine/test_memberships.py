"""One page of all lists of a person: options, and what they may do on each."""

from datetime import UTC, datetime

import pytest

from listhub.errors import UsageError
from listhub.lists import options, persons
from listhub.lists.mine import memberships
from listhub.lists.mine.memberships import Mine
from listhub.lists.options import Changes
from tests.shelves import SITE, Driver, add_list, ask, counted, person, subscribe

ANN = "Ann@a.example"
DAY = datetime(2026, 11, 1, tzinfo=UTC)


def mine(driver: Driver, address: str = ANN) -> dict[str, Mine]:
    found = memberships.memberships(driver, ask(), address, auth="md5", settings=SITE)
    return {one.row.name: one for one in found}


def test_what_is_told_of_each_list(driver: Driver) -> None:
    """Subject, options, roles, where it comes from, and how one leaves."""
    for name, leaving in (("a", "open"), ("b", "owner"), ("c", "closed")):
        add_list(
            driver, name, members=[ANN], subject=f"List {name}", unsubscribe=leaving,
            topics=("exams | Exams",), archive_web_access="private", review="private",
        )  # fmt: skip
    given = add_list(driver, "given", owners=[ANN])
    subscribe(driver, given.id, ANN, subscribed=False, suspended_at=DAY)
    broken = add_list(driver, "broken", members=[ANN])
    driver.execute(
        "INSERT INTO setting_version (scope, list_id, version, values, changed_by)"
        " VALUES ('list', %s, 2, '{\"max_size\": \"x\"}', 't')",
        [broken.id],
    )
    add_list(driver, "other", members=["bob@b.example"])

    found = mine(driver, "ann@A.example")
    assert list(found) == ["a", "b", "broken", "c", "given"]
    assert [found[name].leaving for name in "abc"] == ["now", "owners", "no"]
    assert (found["a"].subject, found["a"].may_read_archive) == ("List a", True)
    assert [topic.name for topic in found["a"].topics] == ["exams"]
    assert (found["given"].roles, found["given"].from_source) == (("owner",), True)
    assert (found["given"].suspended, found["a"].suspended) == (True, False)
    assert (found["given"].may_review, found["given"].may_read_archive) == (True, False)
    assert not found["broken"].usable
    assert mine(driver, "\0") == mine(driver, "x@x.example") == {}


def test_many_lists_cost_few_statements(driver: Driver) -> None:
    """The number of statements does not grow with the number of lists."""
    for number in range(30):
        add_list(driver, f"l{number}", members=[ANN])
    with counted(driver) as asked:
        assert len(mine(driver)) == 30
    assert len(asked) <= 5, asked


def test_all_lists_are_suspended_at_once(driver: Driver) -> None:
    """And resumed; lists that do not have a reception are left as they are."""
    for name in ("a", "b"):
        add_list(driver, name, members=[ANN])
    add_list(driver, "c", members=[ANN], receptions=("each",))

    def told(**wanted: object) -> int:
        changes = Changes(**wanted)  # type: ignore[arg-type]
        return memberships.change_all(driver, ANN, changes, actor=ANN, how="web")

    assert (
        memberships.suspend_all(
            driver, ANN, since=DAY, until=None, actor=ANN, how="web"
        )
        == 3
    )
    assert all(one.suspended for one in mine(driver).values())
    assert memberships.resume_all(driver, ANN, actor=ANN, how="web") == 3
    assert memberships.resume_all(driver, ANN, actor=ANN, how="web") == 0
    assert told(reception="notice") == 2
    assert told(concealed=True) == 3
    c = options.find(driver, mine(driver)["c"].row.id, ANN)
    assert c is not None
    assert (c.reception, c.concealed) == ("each", True)


def test_people_change_their_name(driver: Driver) -> None:
    """One line of a bounded length, or nothing; the audit has neither name."""
    person(driver, ANN, "Ann")
    assert persons.set_name(driver, ANN, " Ann   Other ", actor=ANN) == {
        "name": ("Ann", "Ann Other")
    }
    assert persons.set_name(driver, ANN, "Ann Other", actor=ANN) == {}
    assert persons.set_name(driver, ANN, "", actor=ANN)
    for wrong in ("a\0b", "\u202eevil", "x" * 201):
        with pytest.raises(UsageError, match="must be one line"):
            persons.set_name(driver, ANN, wrong, actor=ANN)
    with pytest.raises(UsageError, match="Nobody here"):
        persons.set_name(driver, "x@x.example", "X", actor=ANN)
    details = driver.execute("SELECT detail::text FROM audit").fetchall()
    assert not [detail for (detail,) in details if "Other" in detail]
