"""Where is my message: the story from the accepted mail to each recipient's answer."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest

from listhub.clock import now
from listhub.delivery import fate
from listhub.intake.accept import Incoming, accept
from listhub.lists import directory, story
from listhub.lists.directory import Destination
from listhub.mail import verp
from listhub.spool import browse, operator
from listhub.spool.browse import Filter
from tests.bouncing import report
from tests.relay_thread import relay_in_thread
from tests.rooms import DOMAIN, Rooms, open_rooms, post_bytes
from tests.smtp_server import Answer, Script

MEMBERS = [f"User{n}@d{n % 3}.example" for n in range(12)]
LISTS = (f"dev@{DOMAIN}", f"news@{DOMAIN}")


def rcpt(command: str) -> Answer | None:
    """Answer as a relay that knows no user5 and has no room for user7."""
    if "user5@" in command.lower():
        return "550 5.1.1 no such user"
    return "451 4.2.2 mailbox full" if "user7@" in command.lower() else None


@pytest.fixture
def site(database_url: str) -> Iterator[Rooms]:
    """Return a site whose post to dev was sent, and whose cross-post to news waits."""
    with relay_in_thread(Script(answers={"rcpt": rcpt})) as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            rooms.add_list(members=MEMBERS, send="public", verp_rate=0)
            rooms.add_list("news", members=["late@d.example"], send="public")
            take(rooms, post_bytes())
            held = browse.waiting(rooms.conn, Filter(stage="distribute"), limit=2)
            [news] = [item for item in held if item.list == LISTS[1]]
            operator.hold(rooms.conn, news.id, actor="cli:ann")
            rooms.conn.commit()
            for stage in ("distribute", "archive", "send"):
                rooms.drain(stage)
            yield rooms


def take(rooms: Rooms, content: bytes) -> None:
    """Take a mail for both lists as the LMTP daemon does."""
    found = directory.find(rooms.conn, LISTS)
    recipients = tuple(
        (address, there)
        for address, there in found.items()
        if isinstance(there, Destination)
    )
    mail = Incoming(
        content=content,
        reverse_path="ann@a.example",
        recipients=recipients,
        via="lmtp",
        host="mx1",
        client="192.0.2.7",
    )
    accept(rooms.conn, [mail], window=timedelta(days=1))
    rooms.conn.commit()


def trace(rooms: Rooms, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "listhub.cli.main", "trace", *words],
        env={**os.environ, "LISTHUB_DATABASE__URL": rooms.url},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_post_is_told_from_intake_to_the_last_answer(site: Rooms):
    """Accepted, distributed, archived, and what each recipient was answered."""
    done = trace(site, "<one@a.example>", "--list", LISTS[0])
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line[12:] for line in done.stdout.splitlines()]
    told = [
        line.strip().removeprefix("test").removeprefix("mx1").strip() for line in lines
    ]
    size = len(post_bytes())
    assert told[2] == (
        f"accepted from <ann@a.example> for {LISTS[0]} by host mx1 over lmtp"
        f" from 192.0.2.7 ({size} bytes)"
    )
    assert "distributed as post 1 to 12 recipients" in told
    assert "ready to leave for 12 recipients in 1 packet" in told
    assert "archived" in told
    [summary] = [line for line in told if "delivered" in line]
    assert "10 delivered" in summary
    assert "1 deferred (next try " in summary
    assert "1 refused" in summary
    assert "through " in summary
    assert "refused   User5@d2.example: 550 5.1.1 no such user" in done.stdout
    assert "deferred  User7@d1.example: 451 4.2.2 mailbox full" in done.stdout
    assert "Not finished: 1 item of it in the spool." in done.stdout
    assert "User1@" not in done.stdout


def test_cross_posts_are_all_told(site: Rooms):
    """One Message-ID, two lists: two stories, and what an operator did in between."""
    traces = story.traces_of_message(site.conn, "one@a.example")
    stories = story.tell(site.conn, traces)
    assert sorted(one.list for one in stories) == sorted(LISTS)
    [news] = [one for one in stories if one.list == LISTS[1]]
    texts = [line.text for line in news.lines]
    assert texts[0].startswith("accepted from <ann@a.example>")
    assert texts[1].startswith("held in distribute (item ")
    assert texts[2].endswith(": hold by cli:ann")
    assert (news.waiting, news.sendings) == (1, ())
    assert trace(site, "one@a.example").stdout.count("(trace ") == 2


def test_an_item_and_a_trace_lead_to_the_same_story(site: Rooms):
    """Any item of a mail, waiting or settled, and its trace tell its story."""
    [archived] = site.settled("archive")
    by_item = json.loads(trace(site, str(archived.item_id), "--json").stdout)
    by_trace = json.loads(trace(site, str(archived.trace), "--json").stdout)
    assert by_item == by_trace
    [told] = by_item
    assert told["message_id"] == "one@a.example"
    counts = told["sendings"][0]["fate"]["counts"]
    assert {count["state"]: count["recipients"] for count in counts} == {
        "delivered": 10,
        "deferred": 1,
        "refused": 1,
    }


def test_a_later_answer_replaces_an_earlier_one(site: Rooms):
    """Deferred, then delivered: the recipient counts once, and is no exception."""
    site.conn.execute("UPDATE spool_item SET due_at = now() WHERE stage = 'send'")
    [message] = fate.of_traces(
        site.conn, story.traces_of_message(site.conn, "one@a.example")
    )
    found = fate.fate(site.conn, message, limit=10)
    assert {answer.state for answer in found.exceptions} == {"deferred", "refused"}
    [seven] = [a for a in found.exceptions if a.state == "deferred"]
    site.conn.execute(
        "INSERT INTO outcome (packet_id, first, last, state, attempt, relay, code,"
        " enhanced, reply, host) SELECT packet_id, first, last, new.state, 2, 'r', 250,"
        " '', 'ok', 'h' FROM outcome AS old CROSS JOIN (VALUES ('possible_duplicate'),"
        " ('delivered')) AS new (state) WHERE old.state = 'deferred'"
    )
    again = fate.fate(site.conn, message, limit=10)
    assert seven.address == "User7@d1.example"
    assert [answer.state for answer in again.exceptions] == ["refused"]
    assert {one.state: one.recipients for one in again.counts} == {
        "delivered": 11,
        "refused": 1,
    }
    assert (again.pending, again.possible_duplicates) == (0, 1)


def test_an_address_is_told_its_own_answers(site: Rooms):
    """However it is written, and only its own; in the list that is asked for."""
    since = now() - timedelta(hours=1)
    for written in ("User7@d1.example", "user7@D1.EXAMPLE"):
        [copy] = fate.copies(site.conn, written, since=since)
        assert (copy.list, copy.sequence) == (LISTS[0], 1)
        assert [answer.state for answer in copy.answers] == ["deferred"]
    for member in MEMBERS:
        assert len(fate.copies(site.conn, member, since=since)) == 1
    assert fate.copies(site.conn, "user@d1.example", since=since) == []
    assert fate.copies(site.conn, "user7@d1.example", since=now()) == []

    told = trace(site, "user5@d2.example").stdout
    assert "refused" in told
    assert "550 5.1.1 no such user" in told
    assert trace(site, "user5@d2.example", "--list", LISTS[1]).returncode == 1


def test_a_report_that_comes_back_is_part_of_the_story(site: Rooms):
    """A bounce of a copy is told with the message that it is about."""
    [message] = fate.of_traces(
        site.conn, story.traces_of_message(site.conn, "one@a.example")
    )
    [member] = site.rows(
        "SELECT s.id FROM subscription s JOIN person p ON p.id = person_id"
        " WHERE address = %s",
        MEMBERS[1],
    )
    local = verp.encode(
        site.host.verp_key,
        list_id=1,
        outgoing_id=message.id,
        subscription_id=member.id,
    )
    to = f"{local}@{DOMAIN}"
    site.put("bounce", report(to), recipient=to, reverse_path="", list_id=None)
    site.drain("bounce")

    told = trace(site, "one@a.example").stdout
    assert f"a report came back: {MEMBERS[1]} failed 5.1.1" in told


@pytest.mark.parametrize(
    "what", ["nobody@x.example", "<no@x>", "77777", str(uuid.UUID(int=7))]
)
def test_what_is_not_known_is_one_sentence(rooms: Rooms, what: str):
    """Nothing found: exit 1 and a sentence that names what was asked for."""
    done = trace(rooms, what)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"listhub: Nothing is known of {what!r}:")
    assert done.stderr.count("\n") == 1


def test_a_refused_post_and_its_report_are_told(rooms: Rooms):
    """The sender's report is part of the story of the refused post."""
    rooms.add_list(members=["m@d.example"])
    rooms.put("distribute", post_bytes("stranger@x.example"))
    rooms.drain("distribute")
    told = trace(rooms, "one@a.example").stdout
    assert "refused: 5.7" in told
    assert "a report to the sender, ready to leave for 1 recipient in 1 packet" in told
    assert "1 packet waiting for their turn" in told


def test_a_buried_packet_is_told(site: Rooms):
    """Packets that were set aside show up with their state and numbers."""
    site.conn.execute("UPDATE spool_item SET state = 'buried' WHERE stage = 'send'")
    [packet] = browse.waiting(site.conn, Filter(stage="send"), limit=5)
    told = [
        line.text for one in story.tell(site.conn, [packet.trace]) for line in one.lines
    ]
    assert f"1 packet buried (item {packet.id})" in told
