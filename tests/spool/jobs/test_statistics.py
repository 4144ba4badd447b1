"""Statistics by the day: what is counted, that it is counted once, and what is kept."""

import uuid
from datetime import UTC, date, datetime, timedelta

from psycopg.types.json import Jsonb

from listhub import clock
from listhub.jobs import count_statistics
from listhub.lists import audit, statistics, subscribing
from listhub.lists.posting import find_list
from listhub.lists.settings import load_list_settings
from listhub.lists.statistics import Figures
from listhub.lists.subscribing import Newcomer
from tests.rooms import Rooms, post_bytes

ANN, BOB, OWNER = "ann@a.example", "bob@b.example", "own@o.example"


def today() -> date:
    return datetime.now(UTC).date()


def figures(rooms: Rooms, list_id: int) -> Figures:
    """Count, and return a list's figures of all days together."""
    count_statistics.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()
    found = statistics.of_list(
        rooms.conn,
        list_id,
        since=today() - timedelta(days=40),
        until=today() + timedelta(days=1),
    )
    return statistics.total(found, day=today())


def answered(rooms: Rooms, list_id: int, *, mode: str, sequence: int | None) -> None:
    """Have a packet of ten answered: 7 taken, 2 refused after a delay, 1 given up."""
    [out] = rooms.rows(
        "INSERT INTO outgoing (list_id, trace, message_id, sequence, head,"
        " bounce_address, mode, recipients)"
        " VALUES (%s, %s, 'm', %s, '', '', %s, 10) RETURNING id",
        list_id,
        uuid.uuid4(),
        sequence,
        mode,
    )
    [packet] = rooms.rows(
        "INSERT INTO packet (outgoing_id, n, verp, recipients, subscriptions, first_key,"
        " last_key) VALUES (%s, 1, false, '{}', '{}', '', '') RETURNING id",
        out.id,
    )
    for first, last, state in (
        (1, 7, "delivered"),
        (8, 9, "deferred"),
        (8, 9, "refused"),
        (10, 10, "expired"),
        (10, 10, "possible_duplicate"),
    ):
        rooms.conn.execute(
            "INSERT INTO outcome (packet_id, first, last, state, attempt, relay, code,"
            " enhanced, reply, host) VALUES (%s, %s, %s, %s, 1, 'r', 250, '', '', 'h')",
            [packet.id, first, last, state],
        )
    rooms.conn.commit()


def test_posts_and_copies(rooms: Rooms) -> None:
    """Posts with their octets; copies of posts and digests, and of nothing else."""
    list_id = rooms.add_list(members=[ANN], send="public")
    quiet = rooms.add_list("quiet")
    for number in range(3):
        rooms.put("distribute", post_bytes(message_id=f"{number}@a.example"))
    rooms.drain("distribute")
    answered(rooms, list_id, mode="each", sequence=4)
    answered(rooms, list_id, mode="digest", sequence=None)
    answered(rooms, list_id, mode="notice", sequence=None)

    found = figures(rooms, list_id)

    size = len(post_bytes(message_id="0@a.example"))
    assert (found.posts, found.bytes_in) == (3, 3 * size)
    assert (found.delivered, found.deferred, found.failed) == (14, 4, 6)
    assert figures(rooms, quiet) == Figures(day=today())


def test_who_came_and_went_and_how(rooms: Rooms) -> None:
    """People, owners, sources and bounces are told apart."""
    list_id = rooms.add_list()
    row = find_list(rooms.conn, list_id)
    assert row is not None
    settings = load_list_settings(rooms.conn, list_id)
    for person, actor in ((ANN, ANN), (BOB, OWNER), ("cy@c.example", OWNER)):
        subscribing.subscribe(
            rooms.conn,
            row,
            Newcomer(address=person),
            settings=settings,
            actor=actor,
            how="mail",
        )
    subscribing.sign_off(rooms.conn, row, ANN, actor=ANN.upper(), how="web")
    subscribing.sign_off(rooms.conn, row, BOB, actor="bounces", how="clock")
    for action, actor, detail in (
        ("member.add", "cli:root", {"added": 40, "refused": 1}),
        ("member.del", OWNER, {"removed": 30, "all": True}),
        ("source.sync", "clock", {"role": "member", "added": 7, "removed": 5}),
        ("source.sync", "clock", {"role": "owner", "added": 9, "removed": 9}),
        ("source.sync", OWNER, {"role": "member"}),
        ("list.set", OWNER, {"added": 99}),
    ):
        audit.note(
            rooms.conn,
            actor=actor,
            action=action,
            subject=row.address,
            list_id=list_id,
            detail=detail,
        )

    found = figures(rooms, list_id)

    assert (found.joined_self, found.joined_owner, found.joined_source) == (1, 42, 7)
    assert found.joined == 50
    assert (found.left_self, found.left_owner) == (1, 30)
    assert (found.left_bounces, found.left_source) == (1, 5)
    assert found.left == 37


def test_what_moderators_did(rooms: Rooms) -> None:
    """Held posts by the day they came, decisions by the day they were made."""
    list_id = rooms.add_list()
    for state, kind in (
        ("waiting", "post"),
        ("approved", "post"),
        ("rejected", "post"),
        ("spam", "post"),
        ("expired", "post"),
        ("approved", "subscribe"),
    ):
        rooms.conn.execute(
            "INSERT INTO request (kind, waits_for, state, list_id, domain_id, trace,"
            " expires_at, decided_at, detail)"
            " SELECT %s, 'moderators', %s, id, domain_id, gen_random_uuid(), now(),"
            " now(), %s FROM mailing_list",
            [kind, state, Jsonb({})],
        )

    found = figures(rooms, list_id)

    assert (found.held, found.approved, found.rejected) == (5, 1, 2)


def test_counted_again_it_is_the_same(rooms: Rooms) -> None:
    """A second count changes nothing, and none that comes when history is partly gone."""
    list_id = rooms.add_list(members=[ANN], send="public")
    rooms.put("distribute", post_bytes())
    rooms.drain("distribute")
    first = figures(rooms, list_id)

    assert figures(rooms, list_id) == first
    rooms.conn.execute("DELETE FROM spool_history")
    assert figures(rooms, list_id) == first
    assert first.posts == 1


def test_days_without_a_count_are_caught_up(rooms: Rooms) -> None:
    """Today comes first, then the oldest; each day is counted once more after its end."""
    conn, back = rooms.conn, 9
    days = [today() - timedelta(days=ago) for ago in range(back, 0, -1)]
    assert statistics.due(conn, back=back) == [today(), *days]

    count_statistics.run(conn, rooms.host.settings)

    # In the first hours of a day the one before is not settled yet.
    assert set(statistics.due(conn, back=back)) <= {today(), days[-1]}
    conn.execute(
        "UPDATE counted_day SET counted_at = day + interval '23 hours' WHERE day = %s",
        [days[3]],
    )
    assert days[3] in statistics.due(conn, back=back)


def test_by_month_and_for_a_domain(rooms: Rooms) -> None:
    """Days are put together by month and year, lists by domain and site."""
    one, two = rooms.add_list("one"), rooms.add_list("two")
    for list_id, day, posts in (
        (one, "2025-12-31", 1),
        (one, "2026-01-01", 2),
        (one, "2026-01-31", 3),
        (two, "2026-01-31", 10),
    ):
        rooms.conn.execute(
            "INSERT INTO list_day (list_id, day, posts) VALUES (%s, %s, %s)",
            [list_id, day, posts],
        )
    span = {"since": date(2025, 1, 1), "until": date(2026, 2, 1)}
    conn = rooms.conn

    months = statistics.of_list(conn, one, unit="month", **span)
    assert [(each.day, each.posts) for each in months] == [
        (date(2025, 12, 1), 1),
        (date(2026, 1, 1), 5),
    ]
    [domain] = rooms.rows("SELECT id FROM domain")
    site = statistics.of_site(conn, unit="year", domain_id=domain.id, **span)
    assert [(each.day, each.posts) for each in site] == [
        (date(2025, 1, 1), 1),
        (date(2026, 1, 1), 15),
    ]
    assert statistics.of_site(conn, domain_id=domain.id + 1, unit="day", **span) == []


def test_old_figures_go(rooms: Rooms) -> None:
    """Figures past retention.statistics_days are deleted, and no others."""
    list_id = rooms.add_list()
    kept = rooms.host.settings.retention.statistics_days
    for days in (kept - 1, kept + 1):
        rooms.conn.execute(
            "INSERT INTO list_day (list_id, day) VALUES (%s, %s)",
            [list_id, clock.now().date() - timedelta(days=days)],
        )

    count_statistics.run(rooms.conn, rooms.host.settings)

    assert len(rooms.rows("SELECT FROM list_day")) == 1
