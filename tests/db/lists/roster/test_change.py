"""Owners add, change and remove: a result for each address, and who is told."""

import pytest

from listhub.errors import UsageError
from listhub.lists import options
from listhub.lists.list_settings import ListSettings
from listhub.lists.options import Changes
from listhub.lists.posting import ListRow
from listhub.lists.roster import change
from listhub.lists.subscribing import Newcomer
from tests.shelves import SITE, Driver, add_list, audited, source, subscribe

OWNER = "owner@o.example"
ANN, BOB = "Ann@a.example", "bob@b.example"


@pytest.fixture
def row(driver: Driver) -> ListRow:
    return add_list(driver)


def add(
    driver: Driver,
    row: ListRow,
    *people: str | Newcomer,
    greet: bool = False,
    **settings: object,
) -> change.Outcome:
    return change.add(
        driver,
        row,
        [one if isinstance(one, Newcomer) else Newcomer(address=one) for one in people],
        settings=ListSettings(**settings),  # type: ignore[arg-type]
        site=SITE,
        actor=OWNER,
        how="web",
        greet=greet,
    )


def test_each_address_gets_its_answer(driver: Driver, row: ListRow) -> None:
    """Who can be added is, the others are told why, in either language."""
    subscribe(driver, row.id, BOB)
    people = (ANN, "BOB@b.example", "nobody", "ann@A.example", f"staff@{row.domain}")
    done = add(driver, row, *people)

    assert [one.state for one in done.results] == [
        "added", "already", "refused", "refused", "refused",
    ]  # fmt: skip
    said = [str(one.text) for one in done.results]
    assert said[2] == "nobody is not an e-mail address."
    assert said[3] == "ann@A.example is in line 1 already."
    assert said[4].endswith("is an address of the list itself.")
    assert "n\u2019est pas" in done.results[2].text.into("fr")
    assert (done.items, done.count("added")) == ((), 1)


def test_somebody_alone_is_named_in_the_audit(driver: Driver, row: ListRow) -> None:
    """One who was added with options has them, and the audit says who it was."""
    newcomer = Newcomer(address=ANN, name="Ann", reception="notice", concealed=True)
    add(driver, row, newcomer)

    found = options.find(driver, row.id, ANN)
    assert found is not None
    assert (found.name, found.reception, found.concealed) == ("Ann", "notice", True)
    [detail] = audited(driver, "member.add")
    assert (detail["address"], detail["how"]) == (ANN, "web")


def test_owners_are_told_what_they_should_know(driver: Driver, row: ListRow) -> None:
    """Of addresses that sources must not add, that get no mail, that are blocked."""
    driver.execute(
        "INSERT INTO exclusion (list_id, address_key) VALUES (%s, 'ann@a.example')",
        [row.id],
    )
    driver.execute(
        "INSERT INTO suppression (domain_id, address_key, why)"
        " VALUES (%s, 'ann@a.example', 'complaint')",
        [row.domain_id],
    )
    driver.execute(
        "INSERT INTO custom_file (scope, list_id, path, content, changed_by)"
        " VALUES ('list', %s, 'search_filters/blocklist.txt', '*@a.example', 't')",
        [row.id],
    )
    [result] = add(driver, row, ANN).results

    assert [str(note) for note in result.notes] == [
        "Sources had been told not to add this address; now they may.",
        "No list here writes to this address: complaint.",
        "This address is on the blocklist.",
    ]
    assert driver.execute("SELECT count(*) FROM exclusion").fetchone() == (0,)


def test_a_list_takes_so_many(driver: Driver, row: ListRow) -> None:
    """Those that come first have the places; nobody is greeted for nothing."""
    done = add(driver, row, ANN, BOB, "c@c.example", max_members=2, greet=True)

    assert [one.state for one in done.results] == ["added", "added", "refused"]
    assert str(done.results[2].text) == "c@c.example is more than the list takes."
    assert len(done.items) == 2
    with pytest.raises(UsageError, match="200 people are written to"):
        add(driver, row, *(f"m{n}@m.example" for n in range(201)), greet=True)
    with pytest.raises(UsageError, match="at most 1000 go at once"):
        add(driver, row, *(f"m{n}@m.example" for n in range(1001)))
    driver.execute("UPDATE mailing_list SET status = 'closed'")
    with pytest.raises(UsageError, match="is closed"):
        add(driver, row, "d@d.example")


def test_members_are_removed(driver: Driver, row: ListRow) -> None:
    """Each is told if that is wished, none comes back by a source, all is written down."""
    subscribe(driver, row.id, ANN)
    source(driver, row, "file", BOB)
    subscribe(driver, row.id, BOB)
    asked = ["ann@a.example", "ANN@a.example", BOB, "\0", "x@x.example"]
    done = change.remove(
        driver, row, asked, site=SITE, actor=OWNER, how="api", greet=True
    )

    assert [one.state for one in done.results] == [
        "removed", "refused", "removed", "refused", "refused",
    ]  # fmt: skip
    assert len(done.items) == 2
    assert {detail["address"] for detail in audited(driver, "member.del")} == {ANN, BOB}
    excluded = driver.execute("SELECT address_key FROM exclusion").fetchall()
    assert excluded == [(BOB,)]


def test_many_are_changed(driver: Driver, row: ListRow) -> None:
    """Owners may set what members may not choose; one that cannot keeps back no other."""
    subscribe(driver, row.id, ANN)
    subscribe(driver, row.id, BOB, reception="none")
    settings = ListSettings(receptions=("each",))
    done = change.change(
        driver,
        row,
        [ANN, BOB, "x@x.example"],
        Changes(reception="none"),
        settings=settings,
        actor=OWNER,
        how="web",
    )

    assert [one.state for one in done.results] == ["changed", "same", "refused"]
    found = options.find(driver, row.id, ANN)
    assert found is not None
    assert found.reception == "none"
