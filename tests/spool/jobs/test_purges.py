"""Every kind of history has an end: what is old goes, what is needed stays."""

from datetime import UTC, datetime, timedelta

from listhub.archive import filing, store
from listhub.jobs import (
    purge_archives,
    purge_audit,
    purge_history,
    purge_leftovers,
    schedule,
)
from listhub.spool import bodies
from tests.rooms import Rooms, post_bytes


def stored(rooms: Rooms, content: bytes = b"x") -> int:
    digest = bodies.digest(content)
    return bodies.store(rooms.conn, [(digest, content)])[digest]


def filed(rooms: Rooms, list_id: int, *ages: int) -> None:
    """Have posts in a list's archive, each so many days old."""
    for age in ages:
        raw = post_bytes(message_id=f"{age}@a.example")
        at = datetime.now(UTC) - timedelta(days=age)
        found = filing.read(
            raw,
            list_id=list_id,
            body_id=stored(rooms, raw),
            trace=rooms.rows("SELECT gen_random_uuid() AS id")[0].id,
            received_at=at,
        )
        store.file(rooms.conn, found)
        rooms.conn.execute(
            "UPDATE archive_message SET sent_at = %s WHERE message_id = %s",
            [at, found.message_id],
        )
    rooms.conn.commit()


def kept(rooms: Rooms, list_id: int) -> list[str]:
    found = rooms.rows(
        "SELECT message_id AS id FROM archive_message WHERE list_id = %s"
        " ORDER BY sent_at DESC",
        list_id,
    )
    return [row.id for row in found]


def test_archives_of_quiet_and_closed_lists_lose_old_months(rooms: Rooms) -> None:
    """Months go by where no posts come in; a list that keeps all keeps all."""
    quiet = rooms.add_list("quiet", archive_max_months=2)
    closed = rooms.add_list("closed")
    always = rooms.add_list("always", archive_max_months=0)
    rooms.conn.execute(
        "INSERT INTO setting_version (scope, version, values, changed_by)"
        """ VALUES ('site', 1, '{"archive_max_months": 6}', 'test')"""
    )
    rooms.conn.execute(
        "UPDATE mailing_list SET status = 'closed' WHERE id = %s", [closed]
    )
    for list_id in (quiet, closed, always):
        filed(rooms, list_id, 1, 100, 400)

    schedule.tick(rooms.conn, [purge_archives.JOB])
    rooms.conn.commit()
    rooms.drain("task")

    assert kept(rooms, quiet) == ["1@a.example"]
    assert kept(rooms, closed) == ["1@a.example", "100@a.example"]
    assert len(kept(rooms, always)) == 3
    found = rooms.rows("SELECT scope, detail FROM job_run WHERE scope <> '*'")
    assert sorted(found) == [
        ("closed@lists.example", "1 posts taken out"),
        ("quiet@lists.example", "2 posts taken out"),
    ]
    rooms.conn.execute("UPDATE job_run SET due_at = due_at - interval '1 day'")
    schedule.tick(rooms.conn, [purge_archives.JOB])
    rooms.conn.commit()
    assert rooms.waiting("task") == []


def test_digests_that_went_out_are_forgotten(rooms: Rooms) -> None:
    """Old issues and what waits for none go with their bodies' names; numbers go on."""
    list_id = rooms.add_list()
    body = stored(rooms)
    for number, age in ((1, 200), (2, 100), (3, 10)):
        rooms.conn.execute(
            "INSERT INTO digest_issue (list_id, number, slot, messages, trace, created_at)"
            " VALUES (%s, %s, %s, 1, gen_random_uuid(), now() - %s * interval '1 day')",
            [list_id, number, f"slot{number}", age],
        )
        rooms.conn.execute(
            "INSERT INTO digest_entry (list_id, issue_id, message_id, sequence, head,"
            " body_id, created_at) SELECT %s, max(id), %s, 1, '', %s,"
            " now() - %s * interval '1 day' FROM digest_issue",
            [list_id, f"m{number}", body, age],
        )

    purge_leftovers.run(rooms.conn, rooms.host.settings)

    assert [row.number for row in rooms.rows("SELECT number FROM digest_issue")] == [3]
    assert len(rooms.rows("SELECT FROM digest_entry")) == 1
    rooms.conn.execute(
        "UPDATE digest_issue SET created_at = now() - interval '2 years'"
    )
    purge_leftovers.run(rooms.conn, rooms.host.settings)
    assert [row.number for row in rooms.rows("SELECT number FROM digest_issue")] == [3]


def test_topics_stay_as_long_as_the_archive_has_the_post(rooms: Rooms) -> None:
    """Topics of old posts go, unless the post can still be read; so do old links."""
    list_id = rooms.add_list()
    filed(rooms, list_id, 300)
    for message_id, age in (("300@a.example", 300), ("gone", 300), ("new", 3)):
        rooms.conn.execute(
            "INSERT INTO message_topic (list_id, message_id, topics, method, at)"
            " VALUES (%s, %s, '{exams}', 'auto', now() - %s * interval '1 day')",
            [list_id, message_id, age],
        )
    for number, age in ((1, 3000), (2, 3)):
        rooms.conn.execute(
            "INSERT INTO attachment (token_digest, list_id, message_id, name, media_type,"
            " size, body_id, created_at) VALUES (%s, %s, 'm', 'n', 't', 1, %s,"
            " now() - %s * interval '1 day')",
            [bytes([number]), list_id, stored(rooms), age],
        )

    purge_leftovers.run(rooms.conn, rooms.host.settings)

    topics = rooms.rows("SELECT message_id AS id FROM message_topic")
    assert sorted(row.id for row in topics) == ["300@a.example", "new"]
    assert len(rooms.rows("SELECT FROM attachment")) == 1


def test_rounds_of_reminders_go_when_they_can_come_no_more(rooms: Rooms) -> None:
    """What keeps people from being reminded twice stays for a month at least."""
    list_id = rooms.add_list()
    for age in (20, 40, 400):
        rooms.conn.execute(
            "INSERT INTO reminder_round (list_id, period, trace)"
            " VALUES (%s, current_date - %s::int, gen_random_uuid())",
            [list_id, age],
        )
    rooms.conn.commit()

    purge_leftovers.run(rooms.conn, rooms.host.settings)

    assert len(rooms.rows("SELECT FROM reminder_round")) == 1


def test_the_audit_goes_after_its_time(rooms: Rooms) -> None:
    """Who changed what is kept for retention.audit_days."""
    days = rooms.host.settings.retention.audit_days
    for age in (days - 1, days + 1):
        rooms.conn.execute(
            "INSERT INTO audit (at, actor, action, object)"
            " VALUES (now() - %s * interval '1 day', 'a', 'b', 'c')",
            [age],
        )

    purge_audit.run(rooms.conn, rooms.host.settings)

    assert len(rooms.rows("SELECT FROM audit")) == 1


def test_runs_that_never_ended_are_forgotten(rooms: Rooms) -> None:
    """A run whose item was dropped goes as well; one that waits does not."""
    rooms.conn.execute(
        "INSERT INTO spool_item (stage, state, trace)"
        " VALUES ('task', 'held', gen_random_uuid())"
    )
    rooms.conn.execute(
        "INSERT INTO job_run (job, scope, due_at, item_id)"
        " SELECT 'sweep', n::text, now() - interval '90 days',"
        "        CASE n WHEN 1 THEN (SELECT id FROM spool_item) ELSE 0 END"
        "   FROM generate_series(1, 2) AS n"
    )

    purge_history.run(rooms.conn, rooms.host.settings)

    assert [row.scope for row in rooms.rows("SELECT scope FROM job_run")] == ["1"]
