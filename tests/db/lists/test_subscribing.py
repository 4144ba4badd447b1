"""How people come and go, and what members choose: each change once, in the audit."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from listhub.errors import UsageError
from listhub.lists import options, posting, subscribing
from listhub.lists.list_settings import ListSettings
from listhub.lists.options import Changes
from listhub.lists.posting import ListRow
from listhub.lists.subscribing import Newcomer
from listhub.models import MailingList

Driver = psycopg.Connection[Any]
ANN = "Ann@a.example"
DAY = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def row(mailing_list: MailingList, driver: Driver) -> ListRow:
    found = posting.find_list(driver, mailing_list.id)
    assert found is not None
    return found


def join(driver: Driver, row: ListRow, address: str = ANN, **settings: Any) -> bool:
    return subscribing.subscribe(
        driver,
        row,
        Newcomer(address=address, name="Ann\u202e Other"),
        settings=ListSettings(**settings),
        actor="t",
        how="web",
    )


def change(
    driver: Driver, row: ListRow, changes: Changes, **settings: Any
) -> dict[str, tuple[object, object]]:
    return dict(
        options.change(
            driver,
            row,
            ANN,
            changes,
            settings=ListSettings(**settings),
            actor="t",
            how="api",
        )
    )


def audits(driver: Driver) -> list[tuple[str, str]]:
    rows = driver.execute("SELECT action, detail->>'how' FROM audit ORDER BY id")
    return rows.fetchall()


def test_somebody_comes_and_goes(row: ListRow, driver: Driver) -> None:
    """Both are done once, with the list's defaults, and noted with who and how."""
    assert join(driver, row, default_reception="notice", default_concealed=True)
    assert not join(driver, row, "ANN@A.example")
    found = options.find(driver, row.id, "ann@a.EXAMPLE")
    assert found is not None
    assert (found.address, found.reception, found.concealed) == (ANN, "notice", True)

    gone = subscribing.sign_off(driver, row, "ANN@a.example", actor="t", how="mail")
    assert gone is not None
    assert gone.address == ANN
    assert subscribing.sign_off(driver, row, ANN, actor="t", how="mail") is None
    assert audits(driver) == [("member.add", "web"), ("member.del", "mail")]


@pytest.mark.parametrize(
    "suffix", ["", "-request", "-owner", "-editor", "-subscribe", "-unsubscribe"]
)
def test_no_list_is_its_own_member(row: ListRow, driver: Driver, suffix: str) -> None:
    """An address of the list would make a loop."""
    own = f"{row.name.upper()}{suffix}@{row.domain}"
    with pytest.raises(UsageError, match="address of the list"):
        join(driver, row, own)


def test_who_cannot_be_a_member(row: ListRow, driver: Driver) -> None:
    """A full list, a closed one, the command address, what is no address."""
    with pytest.raises(UsageError, match="address of the list"):
        join(driver, row, f"sympa@{row.domain}")
    with pytest.raises(UsageError, match="not an e-mail address"):
        join(driver, row, "ann at home")
    assert join(driver, row, max_members=1)
    with pytest.raises(UsageError, match="is full: it takes 1 and no more"):
        join(driver, row, "bob@b.example", max_members=1)
    driver.execute("UPDATE mailing_list SET status = 'closed' WHERE id = %s", [row.id])
    with pytest.raises(UsageError, match="is not open"):
        join(driver, row, "bob@b.example")


def test_options_are_changed_once(row: ListRow, driver: Driver) -> None:
    """What changes is returned and noted; what is so already leaves no trace."""
    join(driver, row)

    assert change(driver, row, Changes(reception="notice", concealed=True)) == {
        "reception": ("each", "notice"),
        "concealed": (False, True),
    }
    assert change(driver, row, Changes(reception="notice", concealed=True)) == {}
    assert change(driver, row, Changes(reception="not_me"))["own_posts"] == (
        True, False,
    )  # fmt: skip
    change(driver, row, Changes(reception="each"))

    found = options.find(driver, row.id, ANN)
    assert found is not None
    assert (found.reception, found.own_posts) == ("each", True)
    assert audits(driver)[1:] == [("member.set", "api")] * 3


def test_a_pause_begins_and_ends(row: ListRow, driver: Driver) -> None:
    """A suspension has a first day, perhaps a last one, and can be ended."""
    join(driver, row)
    later = DAY.replace(day=24)

    change(driver, row, Changes(suspended=True, since=DAY, until=later))
    found = options.find(driver, row.id, ANN)
    assert found is not None
    assert (found.suspended_at, found.suspended_until) == (DAY, later)
    with pytest.raises(UsageError, match="end after it begins"):
        change(driver, row, Changes(suspended=True, since=later, until=DAY))
    change(driver, row, Changes(suspended=False))
    found = options.find(driver, row.id, ANN)
    assert found is not None
    assert found.suspended_at is None


def test_what_the_list_does_not_have(row: ListRow, driver: Driver) -> None:
    """Receptions, topics and attributes are those of the list's settings."""
    join(driver, row)
    lists_own = {
        "receptions": ("each", "digest"),
        "topics": ("exams | Exams", "sports"),
        "attributes": ("room | Room | integer", "wing | Wing | enum: east, west"),
    }
    for wrong, sentence in (
        (Changes(reception="notice"), "does not send posts as notice"),
        (Changes(reception="digest"), "does not send posts as digest"),  # never sent
        (Changes(topics=("music",)), "choose among exams, sports, other"),
        (Changes(attributes={"room": "x"}), "not a whole number"),
        (Changes(attributes={"wing": "north"}), "choose among east, west"),
    ):
        with pytest.raises(UsageError, match=sentence):
            change(driver, row, wrong, **lists_own)

    right = Changes(
        topics=("other", "exams"), attributes={"room": "12", "wing": "east"}
    )
    changed = change(driver, row, right, **lists_own)
    assert changed["topics"] == ([], ["exams", "other"])
    assert changed["attributes"] == ({}, {"room": "12", "wing": "east"})
    emptied = Changes(attributes={"room": ""})
    assert change(driver, row, emptied, **lists_own)["attributes"][1] == {
        "wing": "east"
    }


def test_who_is_no_member_has_no_options(row: ListRow, driver: Driver) -> None:
    """Strangers and addresses that are none get a sentence, no error of the database."""
    for address in ("bob@b.example", "a\0b@b.example", ""):
        assert options.find(driver, row.id, address) is None
        assert options.of_person(driver, address, domain_id=row.domain_id) == []
    with pytest.raises(UsageError, match="is not a member"):
        change(driver, row, Changes(concealed=True))


def test_own_posts_are_one_more_option(row: ListRow, driver: Driver) -> None:
    """Without own posts is not_me: members may choose it only where the list has it."""
    join(driver, row)

    with pytest.raises(UsageError, match="does not send posts as not_me"):
        change(driver, row, Changes(own_posts=False), receptions=("each",))
    assert change(driver, row, Changes(own_posts=False)) == {"own_posts": (True, False)}
    assert change(driver, row, Changes(own_posts=False)) == {}
    # With a digest it does not matter, and stays.
    change(driver, row, Changes(reception="notice", own_posts=True))
    changed = change(driver, row, Changes(reception="each", own_posts=False))
    assert changed["own_posts"] == (True, False)


def test_one_attribute_is_changed_without_the_others(
    row: ListRow, driver: Driver
) -> None:
    """What is required may be missing still, but not emptied; unknown ids are refused."""
    asked = ("room | Room | string | required", "floor | Floor | integer | optional")
    join(driver, row)

    change(driver, row, Changes(attributes={"floor": "3"}), attributes=asked)
    change(driver, row, Changes(attributes={"room": " 12a "}), attributes=asked)
    with pytest.raises(UsageError, match="Room has to be filled in"):
        change(driver, row, Changes(attributes={"room": " "}), attributes=asked)
    with pytest.raises(UsageError, match='"roof" is not an attribute of the list'):
        change(driver, row, Changes(attributes={"roof": "flat"}), attributes=asked)
    # What the list asks no more goes with the next change.
    change(driver, row, Changes(attributes={"floor": ""}), attributes=asked[1:])

    found = options.find(driver, row.id, ANN)
    assert found is not None
    assert found.attributes == {}
