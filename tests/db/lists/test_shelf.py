"""The shelf: lists by words, by person, by what somebody may see, with their figures."""

from datetime import timedelta

import pytest

from listhub.clock import now
from listhub.lists import shelf
from listhub.lists.shelf import Relation, Shelved, Wanted
from listhub.lists.visible import Visitor
from tests.shelves import (
    SITE,
    Driver,
    add_list,
    all_pages,
    ask,
    bounce,
    set_values,
    subscribe,
)

ANN, BOB = "Ann@a.example", "bob@b.example"


def names(driver: Driver, **wanted: object) -> list[str]:
    rows = shelf.page(driver, Wanted(**wanted)).rows  # type: ignore[arg-type]
    return [row.name for row in rows]


def one(driver: Driver, name: str) -> Shelved:
    return next(row for row in shelf.page(driver, Wanted()).rows if row.name == name)


def test_lists_are_found_by_words(driver: Driver) -> None:
    """Each word is in the address or in the newest subject, anywhere, in any case."""
    chess = add_list(driver, "chess", subject="The royal GAME")
    add_list(driver, "choir", subject="Singing together", domain="other.example")
    add_list(driver, "staff")
    shelf_words = shelf.words_of("  GAM chess ")

    assert names(driver, words=shelf_words) == ["chess"]
    assert names(driver, words=("ch",)) == ["chess", "choir"]
    assert names(driver, words=("other.ex",)) == ["choir"]
    assert names(driver, words=("100%",)) == []
    assert names(driver, words=("\0", "\ud800")) == []
    set_values(driver, chess, subject="Draughts")
    assert names(driver, words=("game",)) == []
    assert shelf.count(driver, Wanted(words=("draughts",))) == 1


def test_lists_are_filtered(driver: Driver) -> None:
    """By domain, status and family; what there is not finds nothing."""
    add_list(driver, "one")
    two = add_list(driver, "two", domain="other.example")
    driver.execute(
        "UPDATE mailing_list SET status = 'closed', family = 'f' WHERE id = %s",
        [two.id],
    )

    assert names(driver, domain="OTHER.example") == ["two"]
    assert names(driver, status="open") == ["one"]
    assert names(driver, family="f") == ["two"]
    assert names(driver, domain="\0") == names(driver, status="x") == []
    assert shelf.count(driver, Wanted()) == 2


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ("any", ["member", "moderates", "owns"]),
        ("charge", ["moderates", "owns"]),
        ("owner", ["owns"]),
        ("moderator", ["moderates"]),
        ("member", ["member"]),
    ],
)
def test_lists_of_a_person(
    driver: Driver, relation: Relation, expected: list[str]
) -> None:
    """What somebody has to do with, as what they have to do with it."""
    add_list(driver, "owns", owners=[ANN])
    add_list(driver, "moderates", moderators=[ANN], members=[BOB])
    add_list(driver, "member", members=[ANN], owners=[BOB])
    add_list(driver, "nothing", members=[BOB])

    assert names(driver, person="ANN@a.example", relation=relation) == expected
    assert names(driver, person="nobody@a.example", relation=relation) == []


def test_figures_of_a_list(driver: Driver) -> None:
    """Members, held posts, the last post, and whose mail comes back, reset or not."""
    row = add_list(driver, "busy", members=[BOB, "c@c.example"], subject="Busy")
    ann = subscribe(driver, row.id, ANN)
    bounce(driver, row, ann, ANN)
    bounce(driver, row, ann, ANN)
    at = now() - timedelta(days=3)
    driver.execute(
        "INSERT INTO outgoing (list_id, trace, message_id, sequence, head,"
        " bounce_address, recipients, created_at)"
        " VALUES (%s, gen_random_uuid(), 'x@x', 1, '', '', 3, %s)",
        [row.id, at],
    )
    driver.execute(
        "INSERT INTO request (kind, waits_for, list_id, domain_id, trace, expires_at)"
        " SELECT kind, waits_for, %s, %s, gen_random_uuid(), now()"
        " FROM (VALUES ('post', 'moderators'), ('post', 'person'),"
        " ('subscribe', 'owners')) AS request (kind, waits_for)",
        [row.id, row.domain_id],
    )

    found = one(driver, "busy")
    assert (found.subject, found.members, found.held) == ("Busy", 3, 1)
    assert (found.last_post_at, found.bouncing) == (at, 1)
    assert round(found.bounce_rate) == 33
    driver.execute(
        "INSERT INTO bounce_action (list_id, subscription_id, address, action, why)"
        " VALUES (%s, %s, %s, 'reset', 't')",
        [row.id, ann, ANN],
    )
    assert one(driver, "busy").bouncing == 0
    add_list(driver, "empty")
    empty = one(driver, "empty")
    assert (empty.members, empty.bounce_rate, empty.last_post_at) == (0, 0, None)


def test_pages_of_lists(driver: Driver) -> None:
    """All lists once, in order, forth and back."""
    made = sorted(add_list(driver, f"l{n}").address for n in range(7))

    rows = all_pages(lambda cursor: shelf.page(driver, Wanted(), cursor=cursor, size=3))
    assert [row.address for row in rows] == made
    first = shelf.page(driver, Wanted(), size=3)
    second = shelf.page(driver, Wanted(), size=3, cursor=first.after)
    assert shelf.page(driver, Wanted(), size=3, cursor=second.before) == first
    assert not first.before


def test_a_visitor_sees_what_the_scenarios_show(driver: Driver) -> None:
    """Hidden lists are on no page, and shown ones are on full pages."""
    for number in range(9):
        shown = "noconceal" if number % 3 == 0 else "secret"
        add_list(driver, f"l{number}", visibility=shown)
    mine = add_list(driver, "l1mine", visibility="conceal", members=[ANN])
    broken = add_list(driver, "l2broken", visibility="noconceal")
    driver.execute(
        "INSERT INTO setting_version (scope, list_id, version, values, changed_by)"
        " VALUES ('list', %s, 2, '{\"max_size\": \"x\"}', 't')",
        [broken.id],
    )
    driver.execute("UPDATE mailing_list SET status = 'closed' WHERE name = 'l6'")

    def seen(sender: str, size: int = 2) -> list[str]:
        rows = all_pages(
            lambda cursor: shelf.seen(
                driver,
                ask(),
                Visitor(sender=sender, auth="md5" if sender else "smtp"),
                Wanted(),
                settings=SITE,
                cursor=cursor,
                size=size,
            )
        )
        return [row.name for row in rows]

    assert seen("") == ["l0", "l3"]
    assert seen(ANN) == ["l0", mine.name, "l3"]
    assert seen(ANN, size=500) == ["l0", mine.name, "l3"]


def test_pages_of_few_visible_lists_go_on(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nearly all lists are hidden a page ends where judging did, and goes on."""
    monkeypatch.setattr(shelf, "MOST_JUDGED", 4)
    for number in range(12):
        shown = "noconceal" if number in {0, 11} else "secret"
        add_list(driver, f"l{number:02}", visibility=shown)

    def turn(cursor: str) -> object:
        return shelf.seen(
            driver,
            ask(),
            Visitor(sender="", auth="smtp"),
            Wanted(),
            settings=SITE,
            cursor=cursor,
            size=2,
        )

    assert [row.name for row in all_pages(turn)] == ["l00", "l11"]
