from concurrent.futures import ThreadPoolExecutor

import pytest

from listhub.stages.drain import drain
from tests.corpora import AUTHOR, LIST, broken, expected
from tests.rooms import DOMAIN, Rooms, open_rooms, post_bytes

MEMBERS = ["ann@a.example", "bob@b.example", "cyd@b.example"]


def test_a_members_post_becomes_packets_and_an_archive_item(rooms: Rooms):
    """A post by a member goes to all members and to the archive, in one commit."""
    rooms.add_list(members=MEMBERS)
    rooms.put("distribute", post_bytes())

    assert rooms.drain("distribute") == 1

    assert sorted(rooms.sent_to()) == MEMBERS
    assert len(rooms.waiting("archive")) == 1
    assert len(rooms.waiting("send")) == 1
    [done] = rooms.settled("distribute")
    assert (done.verdict, done.note) == ("done", "post 1 to 3 recipients")


def test_a_stranger_is_told_no(rooms: Rooms):
    """A stranger's post is refused with a report to its reverse-path, not sent."""
    rooms.add_list(members=MEMBERS)
    rooms.put("distribute", post_bytes("eve@e.example"), reverse_path="eve@e.example")

    rooms.drain("distribute")

    assert rooms.sent_to() == ["eve@e.example"]
    [report] = rooms.rows("SELECT * FROM outgoing")
    assert (report.mode, report.bounce_address) == ("dsn", "")
    assert b"Status: 5.7.1" in report.head
    assert rooms.waiting("archive") == []
    [done] = rooms.settled("distribute")
    assert done.verdict == "refused"


def test_nobody_is_told_about_a_report(rooms: Rooms):
    """A refused mail with a null reverse-path makes no report (RFC 5321 §6.1)."""
    rooms.add_list(members=MEMBERS)
    rooms.put("distribute", post_bytes("eve@e.example"), reverse_path="")

    rooms.drain("distribute")

    assert rooms.sent_to() == []
    assert rooms.settled("distribute")[0].verdict == "refused"


def test_sympas_headers(rooms: Rooms):
    """A copy carries Sympa's header set, and nothing that the list strips."""
    rooms.add_list(members=MEMBERS)
    rooms.put(
        "distribute",
        post_bytes(extra="Sender: someone@x.example\r\nList-Id: <other.x.example>\r\n"),
    )

    rooms.drain("distribute")

    head = rooms.head()
    assert head.all("X-Loop") == (f"dev@{DOMAIN}".encode(),)
    assert head.all("X-Sequence") == (b"1",)
    assert head.all("Sender") == (f"dev-request@{DOMAIN}".encode(),)
    assert head.all("Errors-To") == (f"dev-owner@{DOMAIN}".encode(),)
    assert head.all("Precedence") == (b"list", b"bulk")
    assert head.all("X-no-archive") == (b"yes",)
    assert head.all("List-Id") == (f"<dev.{DOMAIN}>".encode(),)
    assert head.all("List-Post") == (f"<mailto:dev@{DOMAIN}>".encode(),)
    assert head.all("List-Owner") == (f"<mailto:dev-request@{DOMAIN}>".encode(),)
    assert head.get("List-Help") == (f"<mailto:sympa@{DOMAIN}?subject=HELP>".encode())
    assert head.get("Subject") == b"A question"


def test_the_body_is_stored_once_and_untouched(rooms: Rooms):
    """What no transform touched leaves byte for byte as it came."""
    rooms.add_list(members=MEMBERS)
    raw = post_bytes(body="a bare\nline feed, \x00, no end")
    rooms.put("distribute", raw)

    rooms.drain("distribute")

    [row] = rooms.rows(
        "SELECT substr(content, body_offset::int + 1) AS rest FROM outgoing JOIN body"
        " ON body.id = body_id"
    )
    assert bytes(row.rest) == raw.partition(b"\r\n\r\n")[2]
    assert rooms.rows("SELECT count(*) AS n FROM body")[0].n == 1


def test_a_message_id_is_distributed_once(rooms: Rooms):
    """A Message-ID that the list has had is dropped; another list takes it."""
    rooms.add_list(members=MEMBERS)
    other = rooms.add_list("ops", members=MEMBERS)
    for _ in range(2):
        rooms.put("distribute", post_bytes())
    rooms.put("distribute", post_bytes(), list_id=other, recipient=f"ops@{DOMAIN}")

    rooms.drain("distribute")

    verdicts = [done.verdict for done in rooms.settled("distribute")]
    assert sorted(verdicts) == ["done", "done", "duplicate"]
    assert len(rooms.sent_to()) == 6


@pytest.mark.parametrize(
    "extra",
    [f"X-Loop: dev@{DOMAIN}\r\n", "Auto-Submitted: auto-replied\r\n"],
    ids=["loop", "automate"],
)
def test_what_would_feed_a_loop_is_dropped(rooms: Rooms, extra: str):
    """Our own copy coming back and answers of programs are dropped unanswered."""
    rooms.add_list(members=MEMBERS)
    rooms.put("distribute", post_bytes(extra=extra))

    rooms.drain("distribute")

    assert rooms.sent_to() == []
    assert rooms.settled("distribute")[0].verdict == "dropped"


def test_a_post_over_the_lists_size_is_refused(rooms: Rooms):
    """A post larger than the list takes is refused with both sizes (5.2.3)."""
    rooms.add_list(members=MEMBERS, max_size=1000)
    rooms.put("distribute", post_bytes(body="x" * 2000))

    rooms.drain("distribute")

    assert b"Status: 5.2.3" in rooms.rows("SELECT head FROM outgoing")[0].head


def test_reception_suspension_and_own_posts(rooms: Rooms):
    """Who is suspended, wants no mail or not their own posts gets no copy."""
    dev = rooms.add_list(members=["bob@b.example"])
    rooms.subscribe(dev, "ann@a.example", own_posts=False)
    rooms.subscribe(dev, "nil@n.example", reception="none")
    rooms.subscribe(dev, "off@o.example", suspended_at="2026-01-01")
    rooms.put("distribute", post_bytes())

    rooms.drain("distribute")

    assert rooms.sent_to() == ["bob@b.example"]


def test_numbers_rise_without_gaps_on_two_hosts(database_url: str):
    """Two workers on one list never give a number twice."""
    with open_rooms(database_url) as one, open_rooms(database_url) as two:
        one.add_list(members=MEMBERS, repeats_per_day=0)
        for n in range(40):
            one.put("distribute", post_bytes(message_id=f"{n}@a.example"))

        with ThreadPoolExecutor(2) as threads:
            hosts = (one.host, two.host)
            done = list(threads.map(lambda host: drain("distribute", host), hosts))

        assert sum(done) == 40
        numbers = one.rows("SELECT sequence FROM outgoing ORDER BY sequence")
        assert [row.sequence for row in numbers] == list(range(1, 41))


def test_a_small_post_ranks_before_a_newsletters_rest(rooms: Rooms):
    """A small list's packets go ahead of most of a large list's."""
    big = [f"user{n}@d{n % 50}.example" for n in range(400)]
    rooms.add_list("big", members=big, send="public", verp_rate=100)
    small = rooms.add_list(members=MEMBERS)
    rooms.put("distribute", post_bytes(), recipient=f"big@{DOMAIN}")
    rooms.drain("distribute")
    rooms.put("distribute", post_bytes(), list_id=small)

    rooms.drain("distribute")

    order = [item.list_id for item in rooms.waiting("send")]
    assert order.index(small) < len(order) // 2


@pytest.mark.parametrize("name", sorted(broken()))
def test_broken_mail_goes_out_untouched(rooms: Rooms, name: str):
    """Whatever is broken about a member's post, its body leaves as it came."""
    raw = broken()[name]
    local, _, _domain = LIST.partition("@")
    list_id = rooms.add_list(
        local, members=[AUTHOR], max_size=100_000_000, reject_automates=False
    )
    rooms.put("distribute", raw, reverse_path=AUTHOR, list_id=list_id)

    rooms.drain("distribute")

    [done] = rooms.settled("distribute")
    if expected(name) == "distributed":
        assert (done.verdict, rooms.sent_to()) == ("done", [AUTHOR])
