"""The breaker: what many bounce with alike counts against nobody, and is told once."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from listhub import db
from listhub.jobs import watch_bounces
from listhub.lists.bouncing import evaluate, score
from listhub.lists.settings import load_list_settings
from listhub.spool import store
from tests.bouncing import actions, bounced, evaluated, sent
from tests.held import mails
from tests.rooms import Rooms

OWN = "own@o.example"
SPAM = "550 5.7.1 <{who}>: message 4F2B61 rejected as spam"


def crowd(rooms: Rooms, count: int, *, domain: str = "m{n}.example") -> dict[str, int]:
    """Make a list with an owner and so many members, each at another domain."""
    dev = rooms.add_list(owners=[OWN], bounce_probe=False)
    assert dev == 1
    addresses = [f"u{n}@{domain.format(n=n)}" for n in range(count)]
    return {each: rooms.subscribe(dev, each) for each in addresses}


def counted(rooms: Rooms) -> list[str]:
    """Return the members of list 1 with any report that counts."""
    settings = load_list_settings(rooms.conn, 1)
    found = score.of_list(rooms.conn, 1, settings=settings)
    rooms.conn.commit()
    return [each.address for each in found]


def told(rooms: Rooms) -> int:
    return sum("same answer" in mail.subject for mail in mails(rooms) if mail.to == OWN)


@pytest.mark.parametrize(("bounces", "opens"), [(6, True), (3, False), (4, False)])
def test_a_message_that_too_many_refuse(rooms: Rooms, bounces: int, *, opens: bool):
    """More than 30 of 100 with the same words, and never fewer than five people."""
    everybody = crowd(rooms, 12)
    post = sent(rooms, 1, everybody)
    for who, number in list(everybody.items())[:bounces]:
        text = f"550 5.1.1 <{who}>: no such user, id {uuid.uuid4()}"
        bounced(rooms, 1, (who, number), outgoing=post, diagnostic=text)

    evaluated(rooms, 1)
    evaluated(rooms, 1)

    assert len(counted(rooms)) == (0 if opens else bounces)
    assert told(rooms) == int(opens)


def test_words_of_filters_count_by_their_class(rooms: Rooms):
    """Different servers say it differently: a refusal for policy is one group."""
    everybody = crowd(rooms, 12)
    post = sent(rooms, 1, everybody)
    for n, (who, number) in enumerate(list(everybody.items())[:6]):
        bounced(
            rooms,
            1,
            (who, number),
            outgoing=post,
            trouble="policy",
            diagnostic=f"550 reason {'x' * n}",
        )

    evaluated(rooms, 1)

    [breaker] = rooms.rows("SELECT * FROM bounce_breaker")
    assert (breaker.alike, breaker.bounced, breaker.recipients) == (
        "class:policy",
        6,
        12,
    )


def test_other_reports_about_the_same_people_still_count(rooms: Rooms):
    """Only the group is set aside: what comes back otherwise is heard."""
    everybody = crowd(rooms, 12)
    post = sent(rooms, 1, everybody)
    for who, number in list(everybody.items())[:6]:
        bounced(rooms, 1, (who, number), outgoing=post, diagnostic="550 closed today")
    other = sent(rooms, 1, everybody)
    bounced(rooms, 1, ("u0@m0.example", everybody["u0@m0.example"]), outgoing=other)

    evaluated(rooms, 1)

    assert counted(rooms) == ["u0@m0.example"]


def test_a_destination_that_refuses_all_its_people(rooms: Rooms):
    """A broken directory: ten people of one domain on one day, over several posts."""
    everybody = crowd(rooms, 12, domain="uni.example")
    healthy = rooms.subscribe(1, "eve@e.example")
    for who, number in list(everybody.items())[:10]:
        post = sent(rooms, 1, {who: number, "eve@e.example": healthy})
        bounced(rooms, 1, (who, number), outgoing=post, diagnostic="550 unknown user")
    bounced(rooms, 1, ("eve@e.example", healthy), diagnostic="550 unknown user")

    evaluated(rooms, 1)

    [breaker] = rooms.rows("SELECT * FROM bounce_breaker")
    assert (breaker.destination, breaker.bounced) == ("uni.example", 10)
    assert counted(rooms) == ["eve@e.example"]
    assert told(rooms) == 1


def test_nobody_is_removed_in_the_storm(rooms: Rooms):
    """Days of a filter that refuses all posts end no membership, and are told once."""
    everybody = crowd(rooms, 10)
    for days in (5, 4, 3, 2, 1):
        post = sent(rooms, 1, everybody, days_ago=days)
        for who, number in everybody.items():
            bounced(
                rooms,
                1,
                (who, number),
                outgoing=post,
                diagnostic=SPAM.format(who=who),
                trouble="no-such-user",
            )

    for _ in range(3):
        evaluated(rooms, 1)

    assert actions(rooms) == []
    assert counted(rooms) == []
    assert told(rooms) == 1


def test_many_hosts_watch_at_once(rooms: Rooms):
    """Four at the same moment: one breaker, one mail."""
    everybody = crowd(rooms, 10)
    post = sent(rooms, 1, everybody)
    for member in everybody.items():
        bounced(rooms, 1, member, outgoing=post)

    def watch(_: int) -> None:
        with db.connect(rooms.host.settings.database) as conn:
            done = evaluate.watch(conn, 1, site=rooms.host.settings, trace=uuid.uuid4())
            store.put(conn, done.items)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(watch, range(4)))

    assert rooms.rows("SELECT count(*) AS n FROM bounce_breaker")[0].n == 1
    assert told(rooms) == 1


def test_the_job_looks_at_busy_lists_only(rooms: Rooms):
    """Lists without fresh reports cost nothing."""
    everybody = crowd(rooms, 6)
    rooms.add_list("quiet")
    post = sent(rooms, 1, everybody)
    for member in everybody.items():
        bounced(rooms, 1, member, outgoing=post)

    assert watch_bounces.JOB.run(rooms.conn, rooms.host.settings) == (
        "1 lists to be watched"
    )
    rooms.conn.commit()
    assert rooms.drain("bouncers") == 1
    assert told(rooms) == 1
