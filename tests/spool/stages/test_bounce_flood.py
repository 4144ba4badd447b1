"""A flood of reports, several workers, some of which die: every report counts once."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

from listhub.lists.bouncing import score
from listhub.lists.settings import load_list_settings
from listhub.spool import store
from listhub.stages.drain import drain
from listhub.stages.stage import Host
from tests.bouncing import report, sent, token_address
from tests.rooms import Rooms

MEMBERS, POSTS, WORKERS = 60, 5, 4


def test_a_flood_is_counted_exactly(rooms: Rooms) -> None:
    """Four workers, claims that are lost in between: one event a report, right scores."""
    dev = rooms.add_list(bounce_breaker_percent=100)
    people = {f"u{n}@d{n}.example": 0 for n in range(MEMBERS)}
    for who in people:
        people[who] = rooms.subscribe(dev, who)
    posts = [sent(rooms, dev, people, days_ago=days) for days in range(2, POSTS + 2)]
    for post in posts:
        for who, number in people.items():
            to = token_address(rooms, number, list_id=dev, outgoing=post)
            raw = report(to, final=who, diagnostic=f"550 {uuid.uuid4()} no such user")
            rooms.put("bounce", raw, recipient=to, reverse_path="", list_id=None)
    # A worker that takes a batch and dies: its lease runs out, and others do the work.
    lost = store.claim(
        rooms.conn, stage="bounce", limit=20, lease=timedelta(0), owner="dead"
    )
    assert len(lost) == 20
    rooms.conn.commit()

    def work(name: str) -> int:
        with closing(Host(settings=rooms.host.settings, name=name)) as host:
            return drain("bounce", host)

    with ThreadPoolExecutor(WORKERS) as pool:
        done = sum(pool.map(work, map(str, range(WORKERS))))

    assert done == MEMBERS * POSTS
    once = "SELECT count(*) AS n, count(DISTINCT source_id) AS items FROM bounce_event"
    [counted] = rooms.rows(once)
    assert (counted.n, counted.items) == (MEMBERS * POSTS, MEMBERS * POSTS)
    settings = load_list_settings(rooms.conn, dev)
    scores = score.of_list(rooms.conn, dev, settings=settings)
    assert {each.address for each in scores} == set(people)
    assert {each.reports for each in scores} == {POSTS}
    # Five days, hardly faded.
    assert {each.score for each in scores} == {124}
