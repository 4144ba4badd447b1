"""The archive stage: what a list keeps, for how long, in how much room."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from listhub.archive import browse
from listhub.archive.search import Search, search
from tests import corpora
from tests.rooms import Rooms, open_rooms, post_bytes

OWNER = "o1@o.example"


def arrive(rooms: Rooms, number: int, *, body: str = "Hello", **more: Any) -> None:
    raw = post_bytes(message_id=f"m{number}@a.example", body=f"{body}\r\n", **more)
    rooms.put("archive", raw)
    rooms.drain("archive")


def verdicts(rooms: Rooms) -> list[str]:
    return [row.verdict for row in rooms.settled("archive")]


def test_a_post_is_found_by_word_month_and_thread(rooms: Rooms) -> None:
    """What a stage files is at once in all the ways of finding it."""
    dev = rooms.add_list()
    arrive(rooms, 1, body="The budget is here.")
    arrive(rooms, 2, extra="In-Reply-To: <m1@a.example>\r\n", subject="Re: A question")

    [month] = browse.months(rooms.conn, dev, timezone="UTC")
    assert (month.month, month.posts) == ("2026-11", 2)
    page = search(rooms.conn, Search(words="budgets"), lists=[dev], addresses=True)
    [found] = page.found
    entry = browse.by_permalink(rooms.conn, dev, found.permalink)
    assert entry is not None
    assert len(browse.thread(rooms.conn, entry, dev)) == 2


def test_what_waits_for_several_lists_is_filed_at_once(rooms: Rooms) -> None:
    """Each post has the end that is its own, and a broken item stops no other."""
    dev, other = rooms.add_list(), rooms.add_list("other", archive_quota=1)
    for list_id in (dev, other, dev):
        rooms.put("archive", post_bytes(message_id="m1@a.example"), list_id=list_id)
    large = post_bytes(message_id="m2@a.example", body="x" * 1100)
    for list_id in (dev, other):
        rooms.put("archive", large, list_id=list_id)
    rooms.put("archive", b"No-Message-ID: \r\n\r\n", list_id=dev)
    rooms.drain("archive")

    ends = {
        (row.list_id, row.message_id, row.verdict) for row in rooms.settled("archive")
    }
    assert ends == {
        (dev, "m1@a.example", "done"),
        (dev, "m1@a.example", "duplicate"),
        (dev, "m2@a.example", "done"),
        (other, "m1@a.example", "done"),
        (other, "m2@a.example", "refused"),
    }
    assert len(rooms.waiting("archive", "buried")) == 1
    for list_id, count in ((dev, 2), (other, 1)):
        assert len(browse.latest(rooms.conn, list_id)) == count
    assert rooms.rows("SELECT count(*) AS n FROM archive_text")[0].n == 3


def test_owners_hear_once_that_the_room_is_nearly_full_and_then_that_it_is(
    rooms: Rooms,
) -> None:
    """At 95 % a notice; what does not fit is refused, and nothing is cut."""
    rooms.add_list(owners=[OWNER], archive_quota=10)
    arrive(rooms, 1, body="x" * 9400)
    arrive(rooms, 2, body="short")
    arrive(rooms, 3, body="x" * 400)

    assert verdicts(rooms) == ["done", "done", "refused"]
    assert rooms.rows("SELECT count(*) AS n FROM archive_message")[0].n == 2
    told = [head.text("Subject") for head in _sent(rooms)]
    assert told == [
        "The archive of dev is nearly full",
        "The archive of dev is full",
    ]


def _sent(rooms: Rooms) -> list[Any]:
    count = rooms.rows("SELECT count(*) AS n FROM outgoing")[0].n
    return [rooms.head(number) for number in range(count)]


def test_months_that_are_over_are_taken_out(rooms: Rooms) -> None:
    """Two months are kept, that of the newest post among them; not by a hash."""
    dev = rooms.add_list(archive_max_months=1)
    old = post_bytes(message_id="old@a.example").replace(b"20 Nov 2026", b"20 Nov 2020")
    rooms.put("archive", old)
    rooms.drain("archive")

    assert verdicts(rooms) == ["done"]
    assert browse.latest(rooms.conn, dev) == []
    assert rooms.rows("SELECT FROM archive_removed") == []


@pytest.mark.parametrize(
    ("kept", "verdict"), [("original", "done"), ("none", "dropped")]
)
def test_encrypted_posts_are_kept_as_the_list_wants(
    rooms: Rooms, kept: str, verdict: str
) -> None:
    """As they came, or not at all; their text is not searched in."""
    rooms.add_list(archive_crypted=kept)
    rooms.put("archive", corpora.files("archive")["encrypted"])
    rooms.drain("archive")

    assert verdicts(rooms) == [verdict]
    assert [row.content for row in rooms.rows("SELECT content FROM archive_text")] in (
        [""],
        [],
    )


def test_many_workers_file_one_thread(rooms: Rooms) -> None:
    """Answers that are filed at the same time by several workers are one thread."""
    rooms.add_list()
    for number in range(40):
        extra = f"References: <m{number - 1}@a.example>\r\n" if number else ""
        raw = post_bytes(message_id=f"m{number}@a.example", extra=extra)
        rooms.put("archive", raw)

    def work(_: int) -> int:
        with open_rooms(rooms.url) as other:
            return other.drain("archive")

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 40
    [row] = rooms.rows(
        "SELECT count(*) AS posts, count(DISTINCT thread_id) AS threads,"
        " min(id) = min(thread_id) AS smallest FROM archive_message"
    )
    assert tuple(row) == (40, 1, True)


def test_any_message_can_be_filed(rooms: Rooms) -> None:
    """No broken or hostile message stops its list's archive."""
    dev = rooms.add_list()
    every = corpora.every_message()
    for raw in every.values():
        rooms.put("archive", raw)
    rooms.drain("archive")

    assert len(verdicts(rooms)) + len(rooms.waiting("archive", "buried")) == len(every)
    for row in rooms.waiting("archive", "buried"):
        # The stage is given a Message-ID; mail without one gets it on its way here.
        assert not row.message_id
    assert search(rooms.conn, Search(), lists=[dev], addresses=False).found
