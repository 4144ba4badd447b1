"""Ten thousand posts that wait: looking at them costs what a page costs."""

import time
from collections.abc import Callable

from listhub.lists.moderation import queue, reach, reminder
from tests.held import add_moderators, hold_post, mails
from tests.rooms import Rooms, post_bytes

MOD = "mod@a.example"
MANY = 10_000
#: Far above what is measured, and far below what a query for each of them would take.
SECONDS = 2.0

_COPY = """
INSERT INTO request (kind, waits_for, list_id, domain_id, subject, author, person,
                     detail, body_id, message_id, reverse_path, size, why, trace,
                     expires_at, created_at)
SELECT kind, waits_for, list_id, domain_id, subject, author, person, detail, body_id,
       message_id || n, reverse_path, size, why, gen_random_uuid(), expires_at,
       now() - interval '2 hours'
  FROM request, generate_series(2, %s) AS n
"""


def test_a_long_queue_is_no_slow_one(rooms: Rooms) -> None:
    """A page, the counts, one post more and the reminder of all of them, each in time."""
    dev = rooms.add_list(moderation_reminder=1)
    add_moderators(rooms, dev, MOD)
    hold_post(rooms, dev, post_bytes("eve@e.example"))
    rooms.conn.execute(_COPY, [MANY])
    rooms.conn.commit()

    def page() -> None:
        who = reach.of_person(rooms.conn, MOD)
        assert len(queue.page(rooms.conn, who, sort="newest").entries) == 50

    def counts() -> None:
        assert queue.counts(rooms.conn, reach.EVERYTHING).total == MANY

    def one_more() -> None:
        raw = post_bytes("eve@e.example", message_id="more@e.example")
        assert hold_post(rooms, dev, raw).fresh

    def remind() -> None:
        assert reminder.remind(rooms.conn, settings=rooms.host.settings)[0] == 1
        assert reminder.remind(rooms.conn, settings=rooms.host.settings)[0] == 0
        rooms.conn.commit()

    took = {each.__name__: _seconds(each) for each in (page, counts, one_more, remind)}
    assert all(seconds < SECONDS for seconds in took.values()), took
    assert [mail.to for mail in mails(rooms)] == [MOD, "eve@e.example"] * 2 + [MOD]


def _seconds(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
