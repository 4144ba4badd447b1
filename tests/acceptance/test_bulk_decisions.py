"""Hundreds of held posts decided at once, by two moderators, on two hosts, one killed."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from listhub.embedded.process import wait_until
from listhub.lists.moderation import delayed, progress, reach
from listhub.lists.moderation.choosing import Filter
from listhub.lists.moderation.outcomes import Action, Decision
from listhub.spool import store
from tests.held import add_moderators, decide, hold_post
from tests.rooms import Rooms, post_bytes
from tests.system.site import Site, SitePlan

MOE, MAX = "moe@m.example", "max@m.example"
POSTS = 600

pytestmark = pytest.mark.timeout(300)


def hold_many(rooms: Rooms) -> Sequence[int]:
    """Let posts wait, each of somebody else."""
    number = rooms.add_list(tell_author_held=False)
    add_moderators(rooms, number, MOE, MAX, reception="none")
    return [
        hold_post(
            rooms,
            number,
            post_bytes(f"u{n}@e.example", subject=f"Buy {n}", message_id=f"{n}@e"),
        ).request_id
        for n in range(POSTS)
    ]


def schedule(rooms: Rooms, by: str, action: Action, *, delay: float) -> int | None:
    found = delayed.schedule(
        rooms.conn,
        reach.of_person(rooms.conn, by),
        Filter(kinds=("post",)),
        Decision(action=action),
        by=by,
        how="web",
        delay=timedelta(seconds=delay),
    )
    store.put(rooms.conn, found.items)
    rooms.conn.commit()
    return found.decision_id


def test_bulk_against_single_and_a_killed_host(server_directory: Path):
    """Each post has one decision and its author one mail; all of it is told."""
    plan = SitePlan(
        directory=server_directory / "site",
        lists=(),
        settings={"spool.lease": "3"},
    )
    with Site(plan) as site, site.rooms() as rooms:
        ids = hold_many(rooms)
        bulk = schedule(rooms, MOE, Action.REJECT, delay=1)
        assert bulk is not None
        # Everything is on its way: the second moderator's bulk finds nothing left …
        assert schedule(rooms, MAX, Action.DISCARD, delay=1) is None
        # … and what they approve one by one takes effect.
        for number in ids[::20]:
            decide(rooms, number, Action.APPROVE, by=MAX)

        done = "SELECT count(*) FROM decision_request WHERE outcome = 'done'"
        assert wait_until(lambda: site.rows(done)[0][0] > POSTS // 10, timeout=60)
        site.workers["alpha"].kill()

        def finished() -> bool:
            found = progress.of_decision(rooms.conn, bulk)
            rooms.conn.commit()
            return found is not None and found.finished

        assert wait_until(finished, timeout=120)
        found = progress.of_decision(rooms.conn, bulk)
        rooms.conn.commit()
        assert found is not None
        states = dict(site.rows("SELECT state, count(*) FROM request GROUP BY state"))
        assert states["approved"] >= 1
        assert (found.done, found.already) == (states["rejected"], states["approved"])
        assert found.done + found.already == POSTS
        audited = site.rows(
            "SELECT count(*), count(DISTINCT detail->>'request') FROM audit"
            " WHERE action IN ('request.reject', 'request.approve')"
        )
        assert audited == [(POSTS, POSTS)]
        told = site.rows(
            "SELECT who, count(*) FROM packet JOIN outgoing ON outgoing.id = outgoing_id,"
            " unnest(packet.recipients) AS who"
            " WHERE outgoing.mode = 'notice' AND who LIKE 'u%%' GROUP BY who"
        )
        assert len(told) == states["rejected"]
        assert {count for _, count in told} == {1}
