"""The first post to an address of a family: its list is made, filled, and gets it."""

import threading
from email import message_from_bytes, policy

import pytest

from listhub.lists import directory
from listhub.lists.directory import Destination
from listhub.stages.drain import drain
from listhub.stages.stage import Host
from tests import families
from tests.rooms import DOMAIN, Rooms, post_bytes

ANN, BOB, EVE = "ann@a.example", "bob@b.example", "eve@e.example"
LAW = f"course-law@{DOMAIN}"


def automatic(rooms: Rooms, *, more: str = "", creation: str = "public") -> None:
    """Write a family whose members stand in a table of the test's own."""
    families.put(
        rooms,
        f"""
        domain = "{DOMAIN}"
        pattern = "course-${{code}}"
        creation = "{creation}"
        owners = ["dean@o.example"]
        {more}
        [settings]
        subject = "Course ${{code}}"
        [[sources]]
        name = "enrolment"
        kind = "sql"
        [sources.fields]
        url = "{rooms.url}"
        statement = "SELECT mail FROM enrolment WHERE course = '${{code}}'"
        """,  # noqa: S608 - a test's own words
    )
    rooms.conn.execute("CREATE TABLE enrolment (course text, mail text)")
    rooms.conn.commit()


def enrol(rooms: Rooms, course: str, *people: str) -> None:
    for each in people:
        rooms.conn.execute("INSERT INTO enrolment VALUES (%s, %s)", [course, each])
    rooms.conn.commit()


def post(rooms: Rooms, author: str = ANN, to: str = LAW, **more: str) -> None:
    """Put a post where intake would put it."""
    where = directory.find(rooms.conn, [to])[to]
    assert isinstance(where, Destination)
    rooms.put(
        where.stage,
        post_bytes(author, to=to, **more),
        recipient=to,
        reverse_path=author,
        list_id=where.list_id,
    )


def work(rooms: Rooms) -> None:
    """Do all that is to be done by now."""
    rooms.drain("automatic")
    families.sync(rooms)
    families.promote(rooms)
    rooms.drain("automatic")
    rooms.drain("distribute")


def told(rooms: Rooms) -> list[tuple[str, str]]:
    """Return to whom reports went, with their status."""
    rows = rooms.rows("SELECT head FROM outgoing WHERE mode = 'dsn' ORDER BY id")
    found = []
    for row in rows:
        report = message_from_bytes(bytes(row.head), policy=policy.default)
        status = next(
            line.partition(": ")[2]
            for part in report.walk()
            if part.get_content_type() == "message/delivery-status"
            for line in part.as_string().splitlines()
            if line.startswith("Status: ")
        )
        found.append((str(report["To"]), status))
    return found


def test_the_list_is_made_filled_and_gets_the_post(rooms: Rooms):
    """Its sources are asked before the post is judged: members may post, and get it."""
    automatic(rooms)
    enrol(rooms, "law", ANN, BOB)
    enrol(rooms, "art", EVE)
    post(rooms)
    rooms.drain("automatic")
    [waits] = rooms.waiting("automatic", "deferred")
    assert waits.attempts == 0
    work(rooms)

    assert sorted(rooms.sent_to()) == [ANN, BOB]
    assert families.in_force(rooms, "course-law").subject == "Course law"
    owners = rooms.rows("SELECT FROM role WHERE kind = 'owner'")
    assert len(owners) == 1
    assert rooms.head().text("X-Sequence") == "1"
    [row] = rooms.rows("SELECT family, dormant FROM mailing_list")
    assert (row.family, row.dormant) == ("courses", False)

    post(rooms, BOB, message_id="two@b.example")
    assert not rooms.waiting("automatic")
    rooms.drain("distribute")
    assert rooms.head().text("X-Sequence") == "2"


def test_two_first_posts_at_once(rooms: Rooms):
    """Two hosts make one list, and both posts go out."""
    automatic(rooms)
    enrol(rooms, "law", ANN, BOB)
    post(rooms, ANN)
    post(rooms, BOB, message_id="two@b.example")
    hosts = [Host(settings=rooms.host.settings, name=f"host{n}") for n in range(2)]
    at_once = threading.Barrier(2)

    def begin(host: Host) -> None:
        at_once.wait(timeout=10)
        drain("automatic", host)
        host.close()

    threads = [threading.Thread(target=begin, args=[host]) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(rooms.rows("SELECT FROM mailing_list")) == 1
    assert len(rooms.rows("SELECT FROM spool_item WHERE stage = 'sync'")) == 1
    work(rooms)

    assert sorted(rooms.sent_to()) == [ANN, ANN, BOB, BOB]
    assert not rooms.waiting("automatic")


def test_nobody_is_on_it(rooms: Rooms):
    """The author is told so with 4.2.4, each time anew; once somebody is, it goes out."""
    automatic(rooms)
    post(rooms)
    work(rooms)
    post(rooms, message_id="two@a.example")
    work(rooms)
    assert told(rooms) == [(ANN, "4.2.4")] * 2
    assert rooms.settled("automatic")[-1].verdict == "refused"

    enrol(rooms, "law", ANN)
    post(rooms, message_id="three@a.example")
    work(rooms)
    assert rooms.sent_to().count(ANN) == 3  # two reports and the post
    assert rooms.head().text("X-Sequence") == "1"


@pytest.mark.parametrize(
    ("author", "status"), [(ANN, "5.7.1"), ("dean@o.example", None)]
)
def test_the_scenario_decides(rooms: Rooms, author: str, status: str | None):
    """Who may not have a list made is told so, and there is none."""
    automatic(rooms, creation="family_owner")
    enrol(rooms, "law", "dean@o.example")
    post(rooms, author)
    work(rooms)
    assert told(rooms) == ([(author, status)] if status else [])
    assert bool(rooms.rows("SELECT FROM mailing_list")) is (status is None)


@pytest.mark.parametrize(
    "extra", ["Auto-Submitted: auto-replied\r\n", "X-Spam-Status: Yes\r\n"]
)
def test_what_nobody_wrote_makes_no_list(rooms: Rooms, extra: str):
    """Answers of programs and spam end without a word."""
    automatic(rooms)
    enrol(rooms, "law", ANN)
    post(rooms, extra=extra)
    work(rooms)
    assert rooms.settled("automatic")[-1].verdict == "dropped"
    assert not rooms.rows("SELECT FROM mailing_list")
    assert told(rooms) == []


def test_a_family_that_is_wrong(rooms: Rooms):
    """A list that would break the family's rules is none; listmasters hear of it."""
    automatic(rooms)
    rooms.conn.execute(
        "UPDATE family_version SET document ="
        " jsonb_set(document, '{settings,language}', '\"${code}\"')"
    )
    rooms.conn.commit()
    post(rooms)
    rooms.drain("automatic")
    assert told(rooms) == [(ANN, "5.3.5")]
    assert not rooms.rows("SELECT FROM mailing_list")
    [kind] = rooms.rows("SELECT kind, detail FROM notice_waiting")
    assert kind.kind == "automatic_list_creation_failed"
    assert "language" in kind.detail["problem"]


def test_sources_that_do_not_answer(rooms: Rooms):
    """The post waits; after hours its author is told with 4.2.1 that it is not known."""
    automatic(rooms)
    rooms.conn.execute("DROP TABLE enrolment")
    rooms.conn.commit()
    post(rooms)
    work(rooms)
    assert len(rooms.waiting("automatic", "deferred")) == 1
    rooms.conn.execute(
        "UPDATE spool_item SET created_at = created_at - interval '5 hours'"
        " WHERE stage = 'automatic'"
    )
    families.promote(rooms)
    rooms.drain("automatic")
    assert told(rooms) == [(ANN, "4.2.1")]
    assert not rooms.waiting("automatic", "deferred")


def test_a_family_that_is_gone_meanwhile(rooms: Rooms):
    """There is no such list then, and the author is told so."""
    automatic(rooms)
    post(rooms)
    rooms.conn.execute("DELETE FROM family")
    rooms.conn.commit()
    rooms.drain("automatic")
    assert told(rooms) == [(ANN, "5.1.1")]


def test_lists_that_were_never_used_are_removed(rooms: Rooms):
    """With remove_empty; a list that had a post, or whose owners were at it, stays."""
    automatic(rooms, more="remove_empty = true")
    for course in ("law", "art", "gym"):
        post(rooms, to=f"course-{course}@{DOMAIN}", message_id=f"{course}@a.example")
    work(rooms)
    families.set_own(rooms, "course-art", language="fr")
    enrol(rooms, "gym", ANN)
    post(rooms, to=f"course-gym@{DOMAIN}", message_id="again@a.example")
    work(rooms)
    rooms.conn.execute("DELETE FROM subscription")
    assert families.tend(rooms) == "1 put to sleep, 0 removed"
    rooms.conn.execute("UPDATE mailing_list SET created_at = now() - interval '1 day'")
    assert families.tend(rooms) == "0 put to sleep, 1 removed"
    rows = rooms.rows("SELECT name, dormant FROM mailing_list ORDER BY name")
    assert [tuple(row) for row in rows] == [("course-art", True), ("course-gym", True)]
