"""Another address: asked of those who have to agree, and then all goes along."""

import pytest

from listhub.errors import UsageError
from listhub.lists import files, moving, options
from listhub.lists.files import Level
from listhub.lists.mine import address
from listhub.lists.mine.visit import Answer, Visit
from listhub.lists.moderation import decide
from listhub.lists.moderation.outcomes import Action, Decided, Decision
from listhub.lists.posting import ListRow
from listhub.policy.request import Auth
from tests.shelves import (
    SITE,
    Driver,
    add_list,
    ask,
    audited,
    person,
    source,
    subscribe,
)

ANN, NEW = "Ann@a.example", "ann@new.example"


@pytest.fixture
def row(driver: Driver) -> ListRow:
    person(driver, ANN, "Ann")
    made = add_list(driver, owners=[ANN])
    subscribe(driver, made.id, ANN, reception="digest")
    return made


def change(
    driver: Driver,
    row: ListRow,
    new: str = NEW,
    *,
    sender: str = ANN,
    old: str | None = None,
    auth: Auth = "md5",
) -> Answer:
    visit = Visit(
        conn=driver,
        settings=SITE,
        ask=ask(),
        domain_id=row.domain_id,
        domain=row.domain,
        sender=sender,
        auth=auth,
    )
    return address.change_address(visit, new, old=old)


def waiting(driver: Driver) -> list[tuple[int, str]]:
    rows = driver.execute(
        "SELECT id, detail->>'confirmed_by' FROM request"
        " WHERE kind = 'move_user' AND state = 'waiting' ORDER BY id"
    )
    return rows.fetchall()


def agree(driver: Driver, number: int, by: str) -> Decided:
    outcome = decide.decide(
        driver, number, Decision(action=Action.CONFIRM), by=by, how="web", settings=SITE
    )
    assert isinstance(outcome, Decided)
    return outcome


def test_the_new_address_agrees_and_all_goes_along(
    driver: Driver, row: ListRow
) -> None:
    """The membership keeps its number and options, the person theirs."""
    number = person(driver, ANN)
    before = options.find(driver, row.id, ANN)
    done = change(driver, row)
    assert (done.state, len(done.items)) == ("confirm", 1)
    assert NEW in str(done.text)
    [(asked, who)] = waiting(driver)
    assert who == NEW
    assert options.find(driver, row.id, NEW) is None

    told = agree(driver, asked, NEW)
    after = options.find(driver, row.id, NEW)
    assert before is not None
    assert after is not None
    assert (after.id, after.person_id, after.reception) == (before.id, number, "digest")
    assert after.address == NEW
    assert options.find(driver, row.id, ANN) is None
    assert [each["after"] for each in audited(driver, "member.move")] == [NEW]
    # To the old address, and to the listmasters of the owner, if there are any.
    assert told.items
    assert not waiting(driver)


def test_who_asks_for_another_needs_both(driver: Driver, row: ListRow) -> None:
    """The old address agrees first, then the new one, each with a key of its own."""
    done = change(driver, row, sender="boss@o.example", old=ANN)
    assert done.state == "confirm"
    [(first, who)] = waiting(driver)
    assert who == ANN
    agree(driver, first, ANN)
    [(second, who)] = waiting(driver)
    assert (who, second == first) == (NEW, False)
    assert options.find(driver, row.id, NEW) is None
    agree(driver, second, NEW)
    assert options.find(driver, row.id, NEW) is not None


def test_a_listmaster_may_do_it_for_the_domain(driver: Driver, row: ListRow) -> None:
    """Where the scenario lets them, at once, and not for lists of another domain."""
    other = add_list(driver, "other", domain="other.example", owners=[ANN])
    rule = "is_listmaster([sender]) md5 -> do_it\ntrue() smtp,md5 -> reject\n"
    files.write(driver, "scenari/move_user.auth", rule, level=Level(), actor="t")
    boss = person(driver, "boss@o.example")
    driver.execute(
        "INSERT INTO role (person_id, kind, domain_id) VALUES (%s, 'listmaster', %s)",
        [boss, row.domain_id],
    )

    assert change(driver, row, sender=ANN).state == "refused"
    assert change(driver, row, sender="boss@o.example", old=ANN).state == "done"
    assert options.find(driver, row.id, NEW) is not None
    held = driver.execute(
        "SELECT person.address, role.list_id FROM role JOIN person"
        " ON person.id = person_id WHERE kind = 'owner' ORDER BY list_id"
    )
    assert held.fetchall() == [(NEW, row.id), (ANN, other.id)]


def test_two_people_become_one(driver: Driver, row: ListRow) -> None:
    """What both have is there once, as the old address had it; nothing is left."""
    subscribe(driver, row.id, NEW, reception="none")
    second = add_list(driver, "second", members=[NEW], owners=[NEW])
    moved = moving.move(driver, ANN, NEW, domain_id=None, actor=ANN, how="web")

    assert moved.lists == (row.address,)
    found = options.find(driver, row.id, NEW)
    assert found is not None
    assert (found.reception, found.name) == ("digest", "Ann")
    assert options.find(driver, second.id, NEW) is not None
    left = driver.execute("SELECT address FROM person WHERE address = %s", [ANN])
    assert left.fetchall() == []


def test_what_a_source_gave_stays(driver: Driver, row: ListRow) -> None:
    """It would be back within the hour; of who was asked for besides, it is not."""
    given = add_list(driver, "given")
    subscribe(driver, given.id, ANN, subscribed=False)
    source(driver, given, "file", ANN)
    source(driver, row, "file", ANN)
    moved = moving.move(driver, ANN, NEW, domain_id=None, actor=ANN, how="web")

    assert moved.kept == ((given.id, given.address),)
    assert options.find(driver, given.id, ANN) is not None
    assert options.find(driver, row.id, NEW) is not None
    excluded = driver.execute("SELECT list_id, address_key FROM exclusion").fetchall()
    assert excluded == [(row.id, "ann@a.example")]


def test_one_membership_is_moved_by_an_owner(driver: Driver, row: ListRow) -> None:
    """Only that one; who cannot be moved, and where to, is told."""
    second = add_list(driver, "second", members=[ANN])

    def move(old: str, new: str) -> moving.Moved:
        return moving.move_on_list(driver, row, old, new, actor="o", how="web")

    assert move(ANN, NEW).lists == (row.address,)
    assert options.find(driver, second.id, ANN) is not None
    roles = driver.execute(
        "SELECT address FROM role JOIN person ON person.id = person_id"
    )
    assert roles.fetchall() == [(ANN,)]
    subscribe(driver, row.id, "bob@b.example")
    for old, new, why in (
        (ANN, "x@x.example", "is not a member"),
        (NEW, "BOB@b.example", "is a member of"),
        (NEW, row.address, "address of the list itself"),
        (NEW, "no address", "not an e-mail address"),
    ):
        with pytest.raises(UsageError, match=why):
            move(old, new)
    assert move(NEW, "ANN@new.example").after == "ANN@new.example"
    subscribe(driver, second.id, "given@g.example", subscribed=False)
    with pytest.raises(UsageError, match="by a source alone"):
        moving.move_on_list(
            driver, second, "given@g.example", NEW, actor="o", how="web"
        )


def test_what_cannot_be(driver: Driver, row: ListRow) -> None:
    """The same address, none, and somebody who only typed one."""
    assert change(driver, row, ANN).state == "already"
    with pytest.raises(UsageError, match="not an e-mail address"):
        change(driver, row, "a b")
    with pytest.raises(UsageError):
        change(driver, row, auth="smtp")
    with pytest.raises(UsageError, match="nothing here"):
        moving.move(driver, "x@x.example", NEW, domain_id=None, actor="t", how="web")
