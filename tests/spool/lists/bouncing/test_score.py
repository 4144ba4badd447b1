"""Scores: Sympa's formula to the number, and our own by days."""

import json
from pathlib import Path
from typing import Any

import pytest

from listhub.lists.bouncing import score
from listhub.lists.bouncing.score import Score
from listhub.lists.settings import load_list_settings
from tests.bouncing import bounced, sent
from tests.rooms import Rooms

VECTORS = json.loads(
    (Path(__file__).parents[3] / "vectors" / "bulk_verp_bounce.json").read_text("utf-8")
)["bounce_score"]

BOB = "bob@b.example"


def scores(rooms: Rooms, list_id: int) -> list[Score]:
    settings = load_list_settings(rooms.conn, list_id)
    found = score.of_list(rooms.conn, list_id, settings=settings)
    rooms.conn.commit()
    return found


def only(rooms: Rooms, list_id: int) -> Score:
    [found] = scores(rooms, list_id)
    return found


@pytest.fixture
def bob(rooms: Rooms) -> tuple[int, tuple[str, int]]:
    """Return a list with one member, and that member."""
    dev = rooms.add_list()
    return dev, (BOB, rooms.subscribe(dev, BOB))


def store_vector(
    rooms: Rooms, list_id: int, member: int, vector: dict[str, Any]
) -> None:
    """Store what a vector says: its bounces evenly spread, its traffic on each day."""
    rooms.conn.execute(
        "INSERT INTO bounce_event (list_id, subscription_id, address, at, source,"
        " source_id, action, status, diagnostic, trace)"
        " SELECT %(list)s, %(member)s, 'bob@b.example',"
        " to_timestamp((%(first)s + (%(last)s - %(first)s)"
        "               * ((n - 1)::float8 / (%(count)s - 1))) * 86400 + 60),"
        " 'dsn', nextval('test_source'), 'failed', %(status)s, '', gen_random_uuid()"
        " FROM generate_series(1, %(count)s) AS n",
        {
            "list": list_id,
            "member": member,
            "first": vector["first_day"],
            "last": vector["last_day"],
            "count": vector["count"],
            "status": vector["status"],
        },
    )
    rooms.conn.execute(
        "INSERT INTO outgoing (list_id, trace, message_id, sequence, head,"
        " bounce_address, recipients, created_at)"
        " SELECT %(list)s, gen_random_uuid(), 'x', day * 100 + n, '', '', 1,"
        " to_timestamp(day * 86400 + 3600)"
        " FROM generate_series(%(first)s + 1, %(last)s) AS day,"
        " generate_series(1, %(posts)s) AS n",
        {
            "list": list_id,
            "first": vector["first_day"],
            "last": vector["last_day"],
            "posts": vector["msgs_per_day"],
        },
    )


def test_sympas_formula(rooms: Rooms):
    """Every vector that Sympa's own module gave, to the number."""
    assert len(VECTORS) > 100
    wrong = []
    for n, vector in enumerate(VECTORS):
        list_id = rooms.add_list(f"v{n}", bounce_policy="sympa")
        store_vector(rooms, list_id, rooms.subscribe(list_id, BOB), vector)
        found = only(rooms, list_id).score
        if found != vector["score"]:
            wrong.append((vector, found))

    assert wrong == []


def test_a_dead_address_of_a_quiet_list_is_found(rooms: Rooms, bob: Any):
    """One post a month is enough: three that came back reach the second level."""
    dev, member = bob
    for days in (90, 60, 30):
        post = sent(rooms, dev, dict([member]), days_ago=days)
        bounced(rooms, dev, member, days_ago=days, outgoing=post)
    # All by age: the oldest was 90 days ago.
    assert only(rooms, dev).nobody == pytest.approx(67, abs=2)
    post = sent(rooms, dev, dict([member]), days_ago=1)
    bounced(rooms, dev, member, days_ago=1, outgoing=post)

    assert only(rooms, dev).nobody >= 75


def test_a_bad_day_of_a_busy_list_counts_once(rooms: Rooms, bob: Any):
    """A hundred copies that come back on one day are one day."""
    dev, member = bob
    for _ in range(100):
        post = sent(rooms, dev, dict([member]), days_ago=2)
        bounced(rooms, dev, member, days_ago=2, outgoing=post)

    found = only(rooms, dev)
    assert (found.score, found.reports) == (25, 100)


def test_what_arrives_since_heals(rooms: Rooms, bob: Any):
    """Days whose copies arrived halve the score again and again."""
    dev, member = bob
    for days in (20, 19, 18, 17):
        post = sent(rooms, dev, dict([member]), days_ago=days)
        bounced(rooms, dev, member, days_ago=days, outgoing=post)
    sick = only(rooms, dev).score
    for days in range(16, 8, -1):
        sent(rooms, dev, dict([member]), days_ago=days)

    assert sick is not None
    assert sick > 90
    assert only(rooms, dev).score == pytest.approx(sick / 4, abs=1)


def test_posts_of_today_have_not_arrived_yet(rooms: Rooms, bob: Any):
    """What may still come back heals nothing."""
    dev, member = bob
    for days in (3, 2):
        post = sent(rooms, dev, dict([member]), days_ago=days)
        bounced(rooms, dev, member, days_ago=days, outgoing=post)
    before = only(rooms, dev).score
    sent(rooms, dev, dict([member]))

    assert only(rooms, dev).score == before


@pytest.mark.parametrize(
    "trouble", ["policy", "spam", "content", "authentication", "", "relay"]
)
def test_trouble_that_is_not_the_members_has_no_score(
    rooms: Rooms, bob: Any, trouble: str
):
    """Filters, sizes and signatures say nothing of a mailbox."""
    dev, member = bob
    for days in range(9, 1, -1):
        bounced(rooms, dev, member, days_ago=days, trouble=trouble)

    assert not only(rooms, dev).score


@pytest.mark.parametrize("trouble", ["mailbox-full", "network", "transient", "unknown"])
def test_what_may_pass_never_leads_to_removal(rooms: Rooms, bob: Any, trouble: str):
    """A full mailbox has a score, but none that there is nobody."""
    dev, member = bob
    for days in range(30, 1, -1):
        bounced(rooms, dev, member, days_ago=days, trouble=trouble)

    found = only(rooms, dev)
    assert found.score is not None
    assert found.score > 75
    assert found.nobody == 0


def test_delays_do_not_count(rooms: Rooms, bob: Any):
    """Whatever the policy, what is still tried is no bounce."""
    dev, member = bob
    bounced(rooms, dev, member)
    rooms.conn.execute("UPDATE bounce_event SET action = 'delayed'")

    assert scores(rooms, dev) == []


def test_a_copy_is_counted_once(rooms: Rooms, bob: Any):
    """Refused while sending and reported by mail as well: one copy, one bounce."""
    dev, member = bob
    post = sent(rooms, dev, dict([member]), days_ago=2)
    for _ in range(2):
        bounced(rooms, dev, member, days_ago=2, outgoing=post)

    assert only(rooms, dev).reports == 1
