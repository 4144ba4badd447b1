"""Digests: each post once for each subscriber, whoever makes the issue how often."""

import tracemalloc
import uuid
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from listhub.jobs import make_digests_due
from listhub.lists import digests, files
from listhub.lists.files import Level
from listhub.spool import store
from listhub.spool.items import NewItem
from listhub.stages.drain import drain
from tests.relay_thread import relay_in_thread
from tests.rooms import Rooms, open_rooms, post_bytes

EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
READERS = {
    "digest": "m@x.example",
    "digest_text": "t@x.example",
    "index": "i@x.example",
}


def fill(rooms: Rooms, *, posts: int = 3, **settings: Any) -> int:
    """Have posts wait for the digest of a list with a member for each form."""
    wanted = {"digest_days": EVERY_DAY, "send": "public", "verp_rate": 0, **settings}
    number = rooms.add_list(**wanted)
    for reception, address in READERS.items():
        rooms.subscribe(number, address, reception=reception)
    for n in range(posts):
        raw = post_bytes(body=f"Text {n}.").replace(b"A question", b"Post %d" % n)
        rooms.put("distribute", raw.replace(b"Message-ID: <", b"Message-ID: <%d." % n))
    rooms.drain("distribute")
    # As if they had come before the last slot.
    rooms.conn.execute("UPDATE digest_entry SET created_at = now() - interval '2 days'")
    rooms.conn.commit()
    return number


def make(rooms: Rooms) -> list[str]:
    """Let the clock's job run and the room be emptied; return the verdicts."""
    make_digests_due.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()
    rooms.drain("digest")
    return [row.verdict for row in rooms.settled("digest")]


def mails(rooms: Rooms, mode: str) -> list[EmailMessage]:
    rows = rooms.rows(
        "SELECT head || content AS raw FROM outgoing JOIN body ON body.id = body_id"
        " WHERE mode = %s ORDER BY outgoing.id",
        mode,
    )
    return [message_from_bytes(bytes(row.raw), policy=policy.default) for row in rows]


def test_each_form_holds_each_post(rooms: Rooms):
    """MIME, plain text and index each go to their readers, with all that waited."""
    fill(rooms)

    assert make(rooms) == ["done"]

    for reception, address in READERS.items():
        [mail] = mails(rooms, reception)
        assert not mail.defects
        text = mail.as_bytes()
        assert all(b"Post %d" % n in text for n in range(3))
        assert mail["List-Id"] == "<dev.lists.example>"
        assert mail["Precedence"]
        assert address in rooms.sent_to()
    assert rooms.rows("SELECT count(*) AS n FROM digest_entry WHERE issue_id IS NULL")[
        0
    ].n == (0)


def test_a_slot_is_made_once(rooms: Rooms):
    """A slot that is due for several schedulers is one issue."""
    number = fill(rooms)
    for _ in range(3):
        make_digests_due.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()

    rooms.drain("digest")

    verdicts = [row.verdict for row in rooms.settled("digest")]
    assert sorted(verdicts) == ["done", "duplicate", "duplicate"]
    assert len(mails(rooms, "digest")) == 1
    assert digests.waiting(rooms.conn) == []
    assert number == 1


def test_two_hosts_make_it_at_the_same_time(rooms: Rooms):
    """Two workers with an item each for the same slot: one issue, each post in it once."""
    fill(rooms, posts=5)
    for _ in range(8):
        make_digests_due.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()

    def work(_: int) -> int:
        with open_rooms(rooms.url) as other:
            return drain("digest", other.host)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 8

    assert len(mails(rooms, "digest")) == 1
    assert rooms.rows("SELECT messages FROM digest_issue")[0].messages == 5


def test_an_issue_that_was_broken_off_is_made_whole(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
):
    """What a dying worker began leaves nothing; the next one makes the same issue."""
    fill(rooms)
    real, calls = store.settle, []

    def fails_once(*args: Any, **more: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("power cut")
        real(*args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(store, "settle", fails_once)
        make(rooms)
    rooms.rows("UPDATE spool_item SET due_at = now() - interval '1 s' RETURNING 1")
    store.promote(rooms.conn, stage="digest")
    rooms.conn.commit()
    rooms.drain("digest")

    assert len(mails(rooms, "digest")) == 1
    assert rooms.rows("SELECT messages FROM digest_issue")[0].messages == 3


def test_a_large_issue_is_several_mails(rooms: Rooms):
    """More posts than one digest may hold make more mails, counted in their subjects."""
    fill(rooms, posts=5, digest_max_size=2)

    make(rooms)

    subjects = [str(mail["Subject"]) for mail in mails(rooms, "digest_text")]
    assert len(subjects) == 3
    assert "1" in subjects[0]
    assert "3" in subjects[2]


def test_an_issue_is_never_in_memory_as_a_whole(rooms: Rooms):
    """What waits may be many times what one digest mail may be."""
    number = rooms.add_list(send="public", max_size=1_000_000, digest_days=EVERY_DAY)
    rooms.subscribe(number, READERS["digest"], reception="digest")
    for n in range(20):
        raw = post_bytes(message_id=f"{n}@a.example", body=f"{n:>79}\r\n" * 12_000)
        rooms.put("distribute", raw)
    rooms.drain("distribute")
    digest = NewItem(stage="digest", trace=uuid.uuid4(), list_id=1, meta={"slot": "x"})
    store.put(rooms.conn, [digest])
    rooms.conn.commit()

    tracemalloc.start()
    try:
        rooms.drain("digest")
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()
    assert len(mails(rooms, "digest")) == 20


def test_its_list_goes_on_meanwhile(rooms: Rooms):
    """Posts come in, are numbered, and members join while an issue is made."""
    number = fill(rooms)
    issue = digests.open_issue(rooms.conn, list_id=number, slot="x", trace=uuid.uuid4())
    assert issue is not None
    with open_rooms(rooms.url) as other:
        other.conn.execute("SET lock_timeout = '2s'")
        other.put("distribute", post_bytes(message_id="more@a.example"))
        other.drain("distribute")
        other.subscribe(number, "new@x.example")
        assert other.settled("distribute")[-1].verdict == "done"
    rooms.conn.rollback()


@pytest.mark.parametrize(("footer", "seen"), [("For {{ user.email }}.", True),
                                              ("For {{ user.", False)])  # fmt: skip
def test_a_footer_is_filled_in_for_each_reader(
    database_url: str, footer: str, *, seen: bool
):
    """Where texts are personal, a digest's too; one that is no template is left out."""
    with relay_in_thread() as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            number = fill(rooms, personalization="footer")
            level = Level(scope="list", list_id=number, name="dev")
            files.write(rooms.conn, "message_footer", footer, level=level, actor="test")
            rooms.conn.commit()
            assert make(rooms) == ["done"]
            rooms.drain("send")

    assert len(relay.received) == len(READERS)
    for mail in relay.received:
        [address] = mail.recipients
        assert (f"For {address}.".encode() in mail.content) == seen
        assert b"{{" not in mail.content


def test_a_full_digest_does_not_wait_for_the_clock(rooms: Rooms):
    """With a size trigger, so many posts go out at once, whatever the day."""
    fill(rooms, posts=2, digest_days=[], digest_size_trigger=3)
    assert make(rooms) == []

    rooms.put("distribute", post_bytes(body="The third."))
    rooms.drain("distribute")

    assert make(rooms) == ["done"]


def test_posts_after_the_slot_wait_for_the_next(rooms: Rooms):
    """What came after the last slot alone makes no digest."""
    fill(rooms)
    rooms.conn.execute("UPDATE digest_entry SET created_at = now() + interval '1 hour'")
    rooms.conn.commit()

    assert make(rooms) == []


def test_an_item_of_a_list_that_is_gone_is_buried(rooms: Rooms):
    """There is nobody left to write to."""
    item = NewItem(stage="digest", trace=uuid.uuid4(), list_id=99, meta={"slot": "x"})
    store.put(rooms.conn, [item])
    rooms.conn.commit()

    rooms.drain("digest")

    assert len(rooms.waiting("digest", "buried")) == 1
