"""The queue: what somebody may decide, over all their lists, filtered, sorted, paged."""

import re
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

import psycopg
import pytest

from listhub.errors import UsageError
from listhub.lists.moderation import (
    claim,
    delayed,
    likes,
    people,
    queue,
    reach,
    request as requests,
    traits,
)
from listhub.lists.moderation.choosing import ALL, Filter, Like
from listhub.lists.moderation.outcomes import Action, Decision
from listhub.lists.moderation.reach import EVERYTHING, Reach
from tests.held import add_moderators, decide, hold_post, hold_request
from tests.queues import MOD, counted, fill, p95
from tests.rooms import Rooms, post_bytes

OWNER, ROOT, EVE = "owner@a.example", "root@a.example", "eve@e.example"
Conn = psycopg.Connection[Any]
#: Milliseconds; ten times what is measured (docs/explanation/moderation.md).
PATIENCE = 300


def hold(rooms: Rooms, list_id: int, author: str = EVE, **given: Any) -> int:
    """Hold a post; return its number."""
    known = {"spam", "waits_for"}
    mail = {name: value for name, value in given.items() if name not in known}
    raw = post_bytes(author, **{"message_id": f"{uuid.uuid4()}@e", **mail})
    rest = {name: value for name, value in given.items() if name in known}
    return hold_post(rooms, list_id, raw, **rest).request_id


def moderated(rooms: Rooms, name: str = "dev") -> int:
    list_id = rooms.add_list(name, owners=[OWNER])
    add_moderators(rooms, list_id, MOD)
    return list_id


def of(rooms: Rooms, person: str, **given: str) -> Reach:
    return reach.of_person(rooms.conn, person, **given)


def numbers(
    rooms: Rooms, who: Reach, chosen: Filter = ALL, **given: Any
) -> Sequence[int]:
    page = queue.page(rooms.conn, who, chosen, **given)
    rooms.conn.commit()
    return [each.id for each in page.entries]


def test_reach_is_the_right_to_decide(rooms: Rooms):
    """Whoever is asked one by one or for all at once, the answers are the same."""
    dev, other = moderated(rooms), rooms.add_list("other")
    for scope, who in ((None, ROOT), (1, "domain@a.example")):
        rooms.conn.execute(
            "INSERT INTO role (person_id, kind, domain_id) VALUES (%s, 'listmaster', %s)",
            [rooms.person(who), scope],
        )
    made = [
        hold(rooms, dev),
        hold(rooms, other),
        hold_request(rooms, dev).request_id,
        hold_request(
            rooms, dev, kind="create_list", waits_for="listmasters"
        ).request_id,
        hold(rooms, dev, waits_for="person"),
    ]
    everybody = [MOD, OWNER, ROOT, "domain@a.example", EVE, "site@x.example", "", "x"]
    for person in everybody:
        theirs = of(rooms, person, site_listmaster="site@x.example")
        one_by_one = []
        for number in made:
            request = requests.load(rooms.conn, number)
            assert request is not None
            may = people.may_decide(
                rooms.conn, request, person, site_listmaster="site@x.example"
            )
            assert theirs.covers(request) is may
            one_by_one += [number] if may else []
        assert numbers(rooms, theirs) == one_by_one
        assert theirs.nothing is (not one_by_one)


def test_each_filter_means_what_it_says(rooms: Rooms):
    """List, kind, sender, words, age, spam, size, attachment, claim: each alone."""
    dev, other = moderated(rooms), moderated(rooms, "other")
    plain = hold(rooms, dev, "Ann_B@a.example", subject="Lunch at 100% noon")
    spam = hold(rooms, dev, spam="spam", subject="Buy", body="x" * 5000)
    away = hold(rooms, other, subject="lunch again")
    file = hold(
        rooms,
        other,
        subject="File",
        extra="MIME-Version: 1.0\r\nContent-Type: application/pdf\r\n",
    )
    joins = hold_request(rooms, dev, command="SUBSCRIBE dev Lunch Lover").request_id
    rooms.conn.execute(
        "UPDATE request SET created_at = now() - interval '2 days' WHERE id = %s",
        [away],
    )
    claim.claim(rooms.conn, plain, by=MOD)
    day = timedelta(days=1)

    for chosen, expected in (
        (ALL, [away, plain, spam, file, joins]),
        (Filter(lists=(dev,)), [plain, spam, joins]),
        (Filter(lists=(dev, other), kinds=("post",)), [away, plain, spam, file]),
        (Filter(kinds=("subscribe",)), [joins]),
        (Filter(sender="ann_b@A.example"), [plain]),
        (Filter(sender="annxb@"), []),
        (Filter(sender="e.example"), [away, spam, file, joins]),
        (Filter(subject="LUNCH"), [away, plain, joins]),
        (Filter(subject="noon lunch"), [plain]),
        (Filter(subject="100%"), [plain]),
        (Filter(subject="1__%"), []),
        (Filter(older=day), [away]),
        (Filter(newer=day), [plain, spam, file, joins]),
        (Filter(spam="spam"), [spam]),
        (Filter(spam="unchecked"), [away, plain, file]),
        (Filter(smallest=4000), [spam]),
        (Filter(largest=4000, kinds=("post",)), [away, plain, file]),
        (Filter(attachment=True), [file]),
        (Filter(attachment=False, lists=(other,)), [away]),
        (Filter(claim="claimed"), [plain]),
        (Filter(claim="free", lists=(dev,)), [spam, joins]),
        (Filter(like=Like(trait="subject", value="buy")), [spam]),
        (Filter(like=Like(trait="sender", value=EVE), lists=(other,)), [away, file]),
        (Filter(subject="\0 \\"), []),
    ):
        assert numbers(rooms, EVERYTHING, chosen) == expected, chosen
        assert queue.counts(rooms.conn, EVERYTHING, chosen).total == len(expected)


def test_an_entry_shows_what_others_do(rooms: Rooms):
    """Who is a member, who is at it, and whose decision is on its way."""
    dev = moderated(rooms)
    rooms.subscribe(dev, EVE)
    number = hold(rooms, dev, subject="Re: [dev] Lunch 12")
    who = of(rooms, MOD)
    decision = Decision(action=Action.DISCARD)
    found = delayed.schedule(rooms.conn, who, [number], decision, by=MOD, how="web")
    claim.claim(rooms.conn, number, by=OWNER)

    [entry] = queue.page(rooms.conn, who).entries
    assert (entry.member, entry.claimed_by) == (True, OWNER)
    assert (entry.stem, entry.author_key) == ("lunch #", EVE)
    assert (entry.pending, entry.pending_by) == ("discard", MOD)
    assert entry.decision == found.decision_id
    assert numbers(rooms, who, Filter(pending=False)) == []
    assert numbers(rooms, who, Filter(pending=True)) == [number]


@pytest.mark.parametrize("sort", queue.SORTS)
def test_pages_go_both_ways_and_lose_nothing(rooms: Rooms, sort: queue.Sort):
    """In any order, forward and back again, each request is on one page."""
    fill(rooms, posts=30, lists=4)
    who = of(rooms, MOD)
    whole = numbers(rooms, who, sort=sort, limit=100)
    assert len(whole) == 30

    seen: list[int] = []
    page = queue.page(rooms.conn, who, sort=sort, limit=7)
    assert page.before == ""
    while True:
        seen += [each.id for each in page.entries]
        if not page.after:
            break
        page = queue.page(rooms.conn, who, sort=sort, limit=7, after=page.after)
    assert seen == whole
    back = [[each.id for each in page.entries]]
    while page.before:
        page = queue.page(rooms.conn, who, sort=sort, limit=7, before=page.before)
        back.insert(0, [each.id for each in page.entries])
    assert list(chain.from_iterable(back)) == whole


def test_what_is_decided_meanwhile_shifts_no_page(rooms: Rooms):
    """The second page begins where the first ended, whatever became of the first."""
    dev = moderated(rooms)
    made = [hold(rooms, dev) for _ in range(4)]
    page = queue.page(rooms.conn, EVERYTHING, limit=2)
    for number in made[:2]:
        decide(rooms, number, Action.DISCARD)
    after = numbers(rooms, EVERYTHING, after=page.after)
    assert after == made[2:]


@pytest.mark.parametrize(
    "cursor", ["x", "1", "1.", "1.x", "-1.x", "9" * 30 + ".1", "1.\0"]
)
def test_a_page_that_is_none(rooms: Rooms, cursor: str):
    """An address that somebody made up is told so, and breaks nothing."""
    moderated(rooms)
    with pytest.raises(UsageError, match="no such page"):
        queue.page(rooms.conn, EVERYTHING, after=cursor)
    assert numbers(rooms, EVERYTHING) == []


def test_act_and_next(rooms: Rooms):
    """What stands before and behind, though it was decided, without what is decided."""
    dev = moderated(rooms)
    one, two, three, four = (hold(rooms, dev) for _ in range(4))
    who = of(rooms, MOD)
    decide(rooms, two, Action.DISCARD)
    decision = Decision(action=Action.REJECT)
    delayed.schedule(rooms.conn, who, [three], decision, by=MOD, how="web")

    around = queue.neighbours(rooms.conn, who, two)
    assert (around.previous, around.next) == (one, four)
    around = queue.neighbours(rooms.conn, who, one, sort="newest")
    assert (around.previous, around.next) == (four, None)
    around = queue.neighbours(rooms.conn, who, 999)
    assert (around.previous, around.next) == (None, None)


def test_counts_by_kind_and_list(rooms: Rooms):
    """In all, by kind, and by list, the longest queue first."""
    dev, other = moderated(rooms), moderated(rooms, "other")
    for list_id in (dev, other, other):
        hold(rooms, list_id)
    hold_request(rooms, other)

    found = queue.counts(rooms.conn, of(rooms, OWNER))
    assert (found.total, found.by_kind) == (4, {"post": 3, "subscribe": 1})
    assert [(each.list_id, each.waiting) for each in found.by_list] == [
        (other, 3),
        (dev, 1),
    ]
    assert found.until is not None
    nothing = queue.counts(rooms.conn, of(rooms, EVE))
    assert (nothing.total, nothing.by_list, nothing.oldest) == (0, (), None)


def test_likes_are_grouped_over_all_lists(rooms: Rooms):
    """One subject, one host, one sender; each group can be shown and decided."""
    dev, other = moderated(rooms), moderated(rooms, "other")
    flood = "Received: from x (x [192.0.2.66]) by mx\r\n"
    for n, list_id in enumerate((dev, other, dev)):
        hold(rooms, list_id, f"u{n}@e.example", subject=f"Buy {n}", extra=flood)
    mine = [hold(rooms, dev, subject=f"Letter {word}") for word in ("a", "b")]
    hold(rooms, rooms.add_list("strange"), "u0@e.example", subject="Buy 7", extra=flood)
    who = of(rooms, MOD)

    found = likes.groups(rooms.conn, who)
    assert [(each.trait, each.value, each.waiting) for each in found] == [
        ("relay", "192.0.2.66", 3),
        ("subject", "buy #", 3),
        ("relay", "e.example", 2),
        ("sender", EVE, 2),
    ]
    assert [each.several_lists for each in found] == [True, True, False, False]
    assert numbers(rooms, who, Filter(like=found[3].like)) == mine
    alike = likes.of_request(rooms.conn, who, mine[0])
    assert [(each.like.trait, each.waiting) for each in alike] == [
        ("sender", 2),
        ("relay", 2),
    ]


def test_what_an_older_release_wrote_is_described(rooms: Rooms):
    """Rows without traits get them, posts from their bytes; once."""
    dev = moderated(rooms)
    hold(rooms, dev, subject="Buy 1")
    hold_request(rooms, dev)
    wanted = rooms.rows(
        "SELECT id, author_key, stem, relay, has_attachment FROM request"
    )
    rooms.conn.execute(
        "UPDATE request SET author_key = NULL, stem = NULL, relay = NULL,"
        " has_attachment = NULL"
    )
    assert len(numbers(rooms, EVERYTHING)) == 2
    assert likes.groups(rooms.conn, EVERYTHING) == []
    assert (traits.describe(rooms.conn), traits.describe(rooms.conn)) == (2, 0)
    again = rooms.rows(
        "SELECT id, author_key, stem, relay, has_attachment FROM request ORDER BY id"
    )
    assert again == sorted(wanted)


def works(conn: Conn, who: Reach) -> dict[str, Callable[[], object]]:
    """Return all that a page of the queue asks, by name."""
    deep = queue.page(conn, who, sort="spam", limit=500).after
    words = Filter(subject="nowhere")
    return {
        "page": lambda: queue.page(conn, who),
        "deep": lambda: queue.page(conn, who, sort="spam", after=deep),
        "words": lambda: queue.page(conn, who, words),
        "counts": lambda: queue.counts(conn, who),
        "groups": lambda: likes.groups(conn, who),
        "around": lambda: queue.neighbours(conn, who, 5000),
    }


def test_ten_thousand_over_five_hundred_lists(rooms: Rooms):
    """Pages, counts, groups and neighbours in time, and one statement each."""
    fill(rooms, posts=10_000, lists=500)
    conn, who = rooms.conn, of(rooms, MOD)
    assert len(who.moderated) == 500
    took: dict[str, float] = {}
    for name, whose in (("moderator", who), ("listmaster", EVERYTHING)):
        for work, call in works(conn, whose).items():
            took[f"{name} {work}"] = p95(call, times=8)
            with counted(rooms) as seen:
                call()
            assert len([each for each in seen if "SELECT" in each]) == 1, seen
    assert max(took.values()) < PATIENCE, took


def test_the_first_page_does_not_read_the_whole_queue(rooms: Rooms):
    """The oldest come by the index, as many as a page has, for whoever has the lists."""
    fill(rooms, posts=10_000, lists=500)
    for who in (of(rooms, MOD), EVERYTHING):
        with counted(rooms) as seen:
            queue.page(rooms.conn, who)
        [query] = [each for each in seen if "WITH page" in each]
        plan = rooms.conn.execute(
            f"EXPLAIN {query}".encode(), {**who.values, "limit": 51}
        ).fetchall()
        text = "\n".join(row[0] for row in plan)
        assert re.search("Index (Only )?Scan using request_queue", text), text
