"""Trouble is told at once, and not a thousand times."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from listhub import db
from listhub.jobs import send_grouped_notices
from listhub.lists.notices import group, place as places, waiting
from listhub.lists.notices.notice import Place
from listhub.lists.notices.to_listmasters import SCENARIO_BROKEN, BrokenScenario
from listhub.lists.notices.to_owners import TEMPLATE_BROKEN, BrokenFile
from listhub.mail import parts
from listhub.mail.headers import Headers
from listhub.spool.items import NewItem
from tests.rooms import DOMAIN, Rooms

pytestmark = pytest.mark.spool

AT_ONCE = timedelta(0)


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    """Return a site with two lists, their owner and a listmaster."""
    rooms.add_list("dev", owners=["own@o.example"])
    rooms.add_list("staff", owners=["own@o.example"])
    rooms.conn.execute(
        "INSERT INTO role (person_id, kind) VALUES (%s, 'listmaster')",
        [rooms.person("root@r.example")],
    )
    rooms.conn.commit()
    return rooms


def place_of(rooms: Rooms, list_id: int = 1) -> Place:
    found = places.of_list(rooms.conn, list_id, settings=rooms.host.settings)
    rooms.conn.commit()
    assert found is not None
    return found


def tell(
    rooms: Rooms,
    line: int,
    *,
    list_id: int = 1,
    conn: "psycopg.Connection[Any] | None" = None,
) -> tuple[NewItem, ...]:
    """Tell the listmasters of a broken scenario, in a transaction of its own."""
    used = conn or rooms.conn
    items = group.tell(
        used,
        SCENARIO_BROKEN,
        BrokenScenario(scenario="send.x", line=line, problem="nothing"),
        place=place_of(rooms, list_id),
        settings=rooms.host.settings,
        trace=uuid.uuid4(),
    )
    if conn is None:
        used.commit()
    return items


def send_waiting(rooms: Rooms, *, pause: timedelta = AT_ONCE) -> int:
    told, _items = group.send_waiting(
        rooms.conn, settings=rooms.host.settings, pause=pause
    )
    rooms.conn.commit()
    return told


def text(rooms: Rooms) -> str:
    [*_, row] = rooms.rows("SELECT head FROM outgoing ORDER BY id")
    headers = Headers.parse(bytes(row.head))
    body = bytes(row.head)[headers.body_offset :]
    return parts.decoded(headers, body).decode()


def test_the_first_of_a_kind_go_at_once_and_the_rest_together(site: Rooms):
    """Three mails, then one that names the others, however many they are."""
    sent = [len(tell(site, n)) for n in range(120)]

    assert sent == [1, 1, 1] + [0] * 117
    assert send_waiting(site) == 117
    assert "117 more have come since" in text(site)
    assert "… and 67 more." in text(site)
    assert send_waiting(site) == 0
    [row] = site.rows("SELECT count(*) AS n FROM outgoing")
    assert row.n == 4
    assert set(site.sent_to()) == {"root@r.example"}


def test_a_single_one_that_waited_is_told_in_full(site: Rooms):
    """No mail says "one more" and leaves out what it was."""
    for n in range(4):
        tell(site, n)

    assert send_waiting(site) == 1
    assert "Line 3: nothing" in text(site)


def test_gathered_mail_comes_at_most_every_so_often(site: Rooms):
    """Within the pause after the last mail of a kind nothing is sent."""
    for n in range(5):
        tell(site, n)

    assert send_waiting(site, pause=timedelta(minutes=5)) == 0
    site.conn.execute("UPDATE notice_waiting SET sent_at = sent_at - interval '5 min'")
    assert send_waiting(site, pause=timedelta(minutes=5)) == 2


def test_listmasters_are_told_by_domain_and_owners_by_list(site: Rooms):
    """A broken rule of a hundred lists is one trouble; an owner hears of each list."""
    assert [len(tell(site, n, list_id=1 + n % 2)) for n in range(4)] == [1, 1, 1, 0]
    told = [
        len(
            group.tell(
                site.conn,
                TEMPLATE_BROKEN,
                BrokenFile(path="mail_tt2/bye", problem="no"),
                place=place_of(site, 1 + n % 2),
                settings=site.host.settings,
                trace=uuid.uuid4(),
            )
        )
        for n in range(8)
    ]

    assert told == [1] * 6 + [0] * 2
    assert site.rows("SELECT FROM outgoing WHERE list_id = 2") != []


def test_no_more_than_the_first_go_at_once_from_all_hosts(site: Rooms):
    """Many connections in the same instant: three mails at most, none is lost."""
    start = threading.Barrier(6)

    def one(n: int) -> int:
        with db.connect(site.host.settings.database) as conn:
            place = places.of_list(conn, 1, settings=site.host.settings)
            assert place is not None
            start.wait(10)
            items = group.tell(
                conn,
                SCENARIO_BROKEN,
                BrokenScenario(scenario="send.x", line=n, problem="nothing"),
                place=place,
                settings=site.host.settings,
                trace=uuid.uuid4(),
            )
            return len(items)

    with ThreadPoolExecutor(6) as pool:
        at_once = sum(pool.map(one, range(6)))

    # None may go where the others have been written down while it asked.
    assert 0 <= at_once <= group.FIRST
    assert send_waiting(site) == 6 - at_once


def test_two_schedulers_tell_it_once(site: Rooms):
    """While one host sends what waits, another finds nothing to send."""
    for n in range(9):
        tell(site, n)
    settings = site.host.settings
    with db.connect(settings.database) as one, db.connect(settings.database) as two:
        first, _ = group.send_waiting(one, settings=settings, pause=AT_ONCE)
        second, _ = group.send_waiting(two, settings=settings, pause=AT_ONCE)

    assert (first, second) == (6, 0)
    assert send_waiting(site) == 0


def test_what_is_rolled_back_was_not_told(site: Rooms):
    """A crash before the commit leaves it waiting."""
    for n in range(5):
        tell(site, n)
    settings = site.host.settings
    with db.connect(settings.database) as conn:
        assert group.send_waiting(conn, settings=settings, pause=AT_ONCE)[0] == 2
        conn.rollback()

    assert send_waiting(site) == 2


def test_a_kind_of_a_newer_release_is_told_by_its_name(site: Rooms):
    """During an upgrade an older host may find what it does not know."""
    site.conn.execute(
        "INSERT INTO notice_waiting (audience, domain_id, kind, detail, trace)"
        " VALUES ('listmasters', 1, 'brand_new', '{\"what\": \"moon\"}', %s)",
        [uuid.uuid4()],
    )

    assert send_waiting(site) == 1
    assert "brand_new" in site.head().text("Subject")
    assert "moon" in text(site)


def test_the_job_puts_the_mail_and_forgets_the_past(site: Rooms):
    """Run by the clock, it leaves items to send and no old rows."""
    site.conn.execute(
        "INSERT INTO notice_waiting (audience, domain_id, kind, trace, created_at,"
        " sent_at) VALUES ('listmasters', 1, 'x', %s, now() - interval '3 days', now())",
        [uuid.uuid4()],
    )
    site.conn.execute(
        "INSERT INTO notice_count (address_key, day, kind, answers)"
        " VALUES ('a@b.example', now()::date - 9, 'answer', 1)"
    )
    place = places.of_domain(site.conn, name=DOMAIN, settings=site.host.settings)
    waiting.put(
        site.conn,
        SCENARIO_BROKEN,
        BrokenScenario(scenario="send.x", line=1, problem="nothing"),
        place=place,
        trace=uuid.uuid4(),
    )

    said = send_grouped_notices.run(site.conn, site.host.settings)

    assert said == "1 notices told in 1 packets"
    assert len(site.waiting("send")) == 1
    assert site.rows("SELECT FROM notice_count") == []
    assert len(site.rows("SELECT FROM notice_waiting")) == 1
