"""The archive, forward and task stages."""

from datetime import UTC, datetime, timedelta

from listhub.archive import store
from listhub.jobs.job import Job
from listhub.jobs.schedule import tick
from listhub.jobs.table import JOBS
from listhub.spool import bodies
from tests.rooms import DOMAIN, Rooms, open_rooms, post_bytes


def test_the_archive_finds_a_post_by_list_date_and_message_id(rooms: Rooms):
    """A distributed post is filed with the bytes as they came."""
    dev = rooms.add_list(members=["ann@a.example"])
    raw = post_bytes(subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=")
    rooms.put("distribute", raw)
    rooms.drain("distribute")

    assert rooms.drain("archive") == 1

    [by_id] = store.find(rooms.conn, list_id=dev, message_id="one@a.example")
    assert (by_id.subject, by_id.author) == ("Grüße", "ann@a.example")
    assert by_id.sent_at == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert bodies.load(rooms.conn, by_id.body_id) == raw
    day = datetime(2026, 11, 20, tzinfo=UTC)
    assert store.find(
        rooms.conn, list_id=dev, since=day, until=day + timedelta(days=1)
    ) == [by_id]
    assert store.find(rooms.conn, list_id=dev, since=day + timedelta(days=1)) == []


def test_a_post_is_filed_once(rooms: Rooms):
    """The same archive item twice leaves one post."""
    rooms.add_list()
    for _ in range(2):
        rooms.put("archive", post_bytes())

    rooms.drain("archive")

    assert rooms.rows("SELECT count(*) AS n FROM archive_message")[0].n == 1


def test_mail_to_the_owners_reaches_them(rooms: Rooms):
    """Mail to -request goes to all owners, with a loop mark and the body untouched."""
    rooms.add_list(owners=["o1@o.example", "o2@o.example"])
    rooms.put("forward", post_bytes(), recipient=f"dev-request@{DOMAIN}")

    rooms.drain("forward")

    assert rooms.sent_to() == ["o1@o.example", "o2@o.example"]
    assert rooms.head().get("X-Loop") == f"dev-request@{DOMAIN}".encode()


def test_moderators_mail_falls_back_to_the_owners(rooms: Rooms):
    """Without moderators, -editor is read by the owners."""
    rooms.add_list(owners=["o1@o.example"])
    rooms.put("forward", post_bytes(), recipient=f"dev-editor@{DOMAIN}")

    rooms.drain("forward")

    assert rooms.sent_to() == ["o1@o.example"]


def test_a_role_that_nobody_holds_is_reported(rooms: Rooms):
    """Mail to the owners of a list without any gets a report, 5.2.4."""
    rooms.add_list()
    rooms.put("forward", post_bytes(), recipient=f"dev-request@{DOMAIN}")

    rooms.drain("forward")

    assert rooms.sent_to() == ["ann@a.example"]
    assert b"Status: 5.2.4" in rooms.rows("SELECT head FROM outgoing")[0].head


def test_any_number_of_schedulers_make_one_run(database_url: str):
    """Two schedulers in the same slot make each run once, and each runs once.

    Jobs that fan out have no list here to run for.
    """
    for_the_site = {job.name for job in JOBS if isinstance(job, Job)}
    with open_rooms(database_url) as one, open_rooms(database_url) as two:
        made = [tick(rooms.conn, JOBS) for rooms in (one,)]
        one.conn.commit()
        made += [tick(two.conn, JOBS)]
        two.conn.commit()

        assert made == [len(for_the_site), 0]
        assert one.drain("task") == len(for_the_site)
        runs = one.rows("SELECT job, outcome FROM job_run")
        assert {run.outcome for run in runs} == {"done"}
        assert {run.job for run in runs} == {job.name for job in JOBS}


def test_bodies_that_are_named_stay(rooms: Rooms):
    """The vacuum removes old bodies that nothing names, and only those."""
    rooms.add_list(members=["ann@a.example"])
    rooms.put("distribute", post_bytes())
    bodies.store(rooms.conn, [(bodies.digest(b"nobody's"), b"nobody's")])
    rooms.conn.execute("UPDATE body SET last_put = now() - interval '1 year'")
    rooms.conn.commit()

    assert bodies.vacuum(rooms.conn, age=timedelta(days=1)) == 1

    assert rooms.rows("SELECT count(*) AS n FROM body")[0].n == 1


def test_a_body_stored_again_is_not_vacuumed(rooms: Rooms):
    """Storing the same bytes again makes an old body young."""
    stored = [(bodies.digest(b"again"), b"again")]
    bodies.store(rooms.conn, stored)
    rooms.conn.execute("UPDATE body SET last_put = now() - interval '1 year'")
    rooms.conn.commit()
    bodies.store(rooms.conn, stored)

    assert bodies.vacuum(rooms.conn, age=timedelta(days=1)) == 0
