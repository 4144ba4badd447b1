"""A flood of reports on two hosts whose workers are killed at random: counted exactly."""

import random
import time
from pathlib import Path

import psutil
import pytest

from listhub.embedded.process import wait_until
from listhub.lists.bouncing import score
from listhub.lists.settings import load_list_settings
from tests.bouncing import report, sent, token_address
from tests.system.site import Site, SitePlan

MEMBERS, POSTS, KILLS = 100, 8, 8

pytestmark = pytest.mark.timeout(300)


def flood(site: Site) -> int:
    """Put reports about every copy of some posts; return how many."""
    with site.rooms() as rooms:
        dev = rooms.add_list(bounce_breaker_percent=100)
        people = {f"u{n}@d{n}.example": 0 for n in range(MEMBERS)}
        for who in people:
            people[who] = rooms.subscribe(dev, who)
        for days in range(2, POSTS + 2):
            post = sent(rooms, dev, people, days_ago=days)
            for who, number in people.items():
                to = token_address(rooms, number, list_id=dev, outgoing=post)
                raw = report(to, final=who, diagnostic=f"550 {post} no such user")
                rooms.put("bounce", raw, recipient=to, reverse_path="", list_id=None)
    return MEMBERS * POSTS


def kill_somebody(site: Site, rng: random.Random) -> bool:
    """Kill a process of a worker with SIGKILL, the master or one that works."""
    masters = [daemon.pid for daemon in site.workers.values() if daemon.pid]
    family = [
        one
        for pid in masters
        for one in (
            psutil.Process(pid),
            *psutil.Process(pid).children(recursive=True),
        )
    ]
    try:
        rng.choice(family).kill()
    except (psutil.NoSuchProcess, IndexError):
        return False
    return True


def test_nothing_counts_twice(server_directory: Path):
    """Whoever dies in the midst of it: one event a report, and every score is right."""
    rng = random.Random(7)
    plan = SitePlan(
        directory=server_directory / "site",
        lists=(),
        # The key of `rooms`: the reports bear tokens that the site has made.
        settings={"spool.lease": "2", "site.secret": "5e" * 16},
    )
    with Site(plan) as site:
        assert site.stop_workers()
        count = flood(site)
        site.tend()
        killed = 0
        while killed < KILLS:
            killed += kill_somebody(site, rng)
            time.sleep(0.5)  # sleep: the next one dies in the midst of other work
            site.tend()
        waiting = "SELECT count(*) FROM spool_item WHERE stage = 'bounce'"
        assert wait_until(lambda: site.rows(waiting) == [(0,)], timeout=120)

        once = "SELECT count(*), count(DISTINCT source_id) FROM bounce_event"
        assert site.rows(once) == [(count, count)]
        with site.rooms() as rooms:
            settings = load_list_settings(rooms.conn, 1)
            scores = score.of_list(rooms.conn, 1, settings=settings)
        assert len(scores) == MEMBERS
        assert {each.reports for each in scores} == {POSTS}
        # 25 a day, faded by a few days of a year; more so after midnight.
        assert {each.score for each in scores} <= {197, 198}
