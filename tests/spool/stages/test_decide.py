"""Decisions about many: carried out once each, undone in time, whoever dies meanwhile."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from listhub.lists.moderation import carrying, delayed, progress, reach
from listhub.lists.moderation.choosing import Filter, Like
from listhub.lists.moderation.delayed import Scheduled, Undone
from listhub.lists.moderation.outcomes import Action, Decided, Decision
from listhub.lists.moderation.progress import Progress
from listhub.spool import store
from tests.held import add_moderators, decide, hold_post, hold_request, mails, state
from tests.rooms import Rooms, post_bytes

MOD, SECOND, OWNER = "mod@a.example", "zed@b.example", "owner@a.example"
NOW = timedelta(0)
REJECT = Decision(action=Action.REJECT, reason="Not here.")
APPROVE = Decision(action=Action.APPROVE)


def moderated(rooms: Rooms, name: str = "dev", **settings: Any) -> int:
    list_id = rooms.add_list(name, owners=[OWNER], **settings)
    add_moderators(rooms, list_id, MOD, SECOND)
    return list_id


def hold(rooms: Rooms, list_id: int, count: int, *, subject: str = "Buy") -> list[int]:
    """Hold as many posts, each of somebody else."""
    return [
        hold_post(
            rooms,
            list_id,
            post_bytes(
                f"u{n}@e.example",
                subject=f"{subject} {n}",
                message_id=f"{subject}{n}@e",
            ),
        ).request_id
        for n in range(count)
    ]


def schedule(
    rooms: Rooms,
    selection: Filter | Sequence[int],
    decision: Decision = REJECT,
    *,
    by: str = MOD,
    delay: timedelta | None = NOW,
) -> Scheduled:
    """Schedule in a transaction of its own, as the web does."""
    found = delayed.schedule(
        rooms.conn,
        reach.of_person(rooms.conn, by),
        selection,
        decision,
        by=by,
        how="web",
        delay=delay,
    )
    store.put(rooms.conn, found.items)
    rooms.conn.commit()
    return found


def undo(rooms: Rooms, scheduled: Scheduled, *, by: str = MOD) -> Undone:
    undone = delayed.undo(rooms.conn, scheduled.decision_id or 0, by=by, how="web")
    rooms.conn.commit()
    assert isinstance(undone, Undone)
    return undone


def how_far(rooms: Rooms, scheduled: Scheduled) -> Progress:
    found = progress.of_decision(rooms.conn, scheduled.decision_id or 0)
    rooms.conn.commit()
    assert found is not None
    return found


def make_due(rooms: Rooms) -> None:
    """Let the time for undoing be over, as the pump finds it."""
    rooms.conn.execute("UPDATE decision SET due_at = clock_timestamp()")
    rooms.conn.execute("UPDATE spool_item SET due_at = now() WHERE state = 'deferred'")
    rooms.conn.commit()
    store.promote(rooms.conn, stage="decide")
    rooms.conn.commit()


def rejected(rooms: Rooms) -> list[str]:
    """Return who was told of a rejection."""
    return [m.to for m in mails(rooms) if "has been rejected" in m.subject]


def test_all_of_a_list_is_decided(rooms: Rooms):
    """Each request once, each author told, with the word and the name of who decided."""
    dev, other = moderated(rooms), moderated(rooms, "other")
    ids, stays = hold(rooms, dev, 5), hold(rooms, other, 1, subject="Else")

    scheduled = schedule(rooms, Filter(lists=(dev,)))
    assert (scheduled.total, scheduled.left_out) == (5, ())
    rooms.drain("decide")

    assert [state(rooms, each) for each in ids] == ["rejected"] * 5
    assert state(rooms, stays[0]) == "waiting"
    assert rejected(rooms) == [f"u{n}@e.example" for n in range(5)]
    found = how_far(rooms, scheduled)
    assert (found.done, found.pending, found.finished) == (5, 0, True)
    audits = rooms.rows("SELECT * FROM audit WHERE action = 'request.reject'")
    assert {(each.actor, each.detail["how"]) for each in audits} == {(MOD, "web")}
    [whole] = rooms.rows("SELECT * FROM audit WHERE action = 'decision.schedule'")
    assert (whole.actor, whole.detail["total"]) == (MOD, 5)


def test_all_like_this_is_what_it_was_when_it_was_scheduled(rooms: Rooms):
    """What comes after the decision was taken is none of its business."""
    dev = moderated(rooms)
    ids = hold(rooms, dev, 3)
    like = Filter(like=Like(trait="subject", value="buy #"))

    assert schedule(rooms, like).total == 3
    late = hold_post(
        rooms, dev, post_bytes("u9@e.example", subject="Buy 9", message_id="late@e")
    ).request_id
    rooms.drain("decide")

    assert {state(rooms, each) for each in ids} == {"rejected"}
    assert state(rooms, late) == "waiting"


def test_nothing_happens_before_the_time_for_undoing_is_over(rooms: Rooms):
    """Ten seconds long nothing takes effect; undone, it waits as before."""
    dev = moderated(rooms)
    ids = hold(rooms, dev, 2)
    scheduled = schedule(rooms, ids, delay=None)
    rooms.drain("decide")

    [item] = rooms.waiting("decide", "deferred")
    assert item.attempts == 0
    assert {state(rooms, each) for each in ids} == {"waiting"}
    assert undo(rooms, scheduled) == Undone(taken_back=2, too_late=0)
    assert undo(rooms, scheduled) == Undone(taken_back=0, too_late=2)
    make_due(rooms)
    rooms.drain("decide")
    assert {state(rooms, each) for each in ids} == {"waiting"}
    assert rejected(rooms) == []
    # And can be decided once more.
    schedule(rooms, ids)
    rooms.drain("decide")
    assert {state(rooms, each) for each in ids} == {"rejected"}


def test_after_the_time_it_takes_effect(rooms: Rooms):
    """The item that waited is carried out when its time has come; undoing is too late."""
    dev = moderated(rooms)
    [one] = hold(rooms, dev, 1)
    scheduled = schedule(rooms, [one], delay=None)
    assert scheduled.due_at > rooms.rows("SELECT clock_timestamp() AS now")[0].now
    rooms.drain("decide")
    make_due(rooms)
    rooms.drain("decide")

    assert state(rooms, one) == "rejected"
    assert undo(rooms, scheduled) == Undone(taken_back=0, too_late=1)


def test_an_approval_does_not_wait(rooms: Rooms):
    """What destroys nothing is due at once."""
    dev = moderated(rooms)
    ids = hold(rooms, dev, 2)
    schedule(rooms, ids, APPROVE, delay=None)
    rooms.drain("decide")

    assert len(rooms.waiting("distribute")) == 2
    assert {state(rooms, each) for each in ids} == {"approved"}


def test_two_moderators_and_one_request(rooms: Rooms):
    """The second one is told who is at it; a decision that needs no delay takes effect."""
    dev = moderated(rooms)
    one, two = hold(rooms, dev, 2)
    first = schedule(rooms, [one, two], delay=None)

    second = schedule(rooms, [one], by=SECOND, delay=None)
    [left] = second.left_out
    assert (second.decision_id, second.items, left.why) == (None, (), "pending")
    assert str(left.sentence) == f"It is being rejected by {MOD}."
    outcome = decide(rooms, one, Action.APPROVE, by=SECOND)
    assert isinstance(outcome, Decided)
    assert outcome.overtaken == MOD

    make_due(rooms)
    rooms.drain("decide")
    assert (state(rooms, one), state(rooms, two)) == ("approved", "rejected")
    found = how_far(rooms, first)
    assert (found.done, found.already) == (1, 1)
    [result] = progress.results(
        rooms.conn, first.decision_id or 0, outcomes=("already",)
    )
    assert (result.request_id, result.decided_by) == (one, SECOND)


def test_who_named_what_is_left_out_is_told(rooms: Rooms):
    """Decided before, somebody else's list, not there: each with its sentence."""
    dev = moderated(rooms)
    [mine, done] = hold(rooms, dev, 2)
    decide(rooms, done, Action.DISCARD, by=SECOND)
    other = rooms.add_list("other")
    [strange] = hold(rooms, other, 1, subject="Else")

    found = schedule(rooms, [mine, done, strange, 999])

    assert found.total == 1
    assert [(each.request_id, each.why) for each in found.left_out] == [
        (done, "decided"),
        (strange, "denied"),
        (999, "denied"),
    ]
    assert SECOND in str(found.left_out[0].sentence)


def test_the_right_is_looked_at_again(rooms: Rooms):
    """Who is no moderator any more when it takes effect decides nothing."""
    dev = moderated(rooms)
    [one] = hold(rooms, dev, 1)
    scheduled = schedule(rooms, [one])
    rooms.conn.execute("DELETE FROM role WHERE kind = 'moderator'")
    rooms.conn.commit()
    rooms.drain("decide")

    assert state(rooms, one) == "waiting"
    [result] = progress.results(rooms.conn, scheduled.decision_id or 0)
    assert (result.outcome, result.reason) == ("failed", delayed.NOT_YOURS)


def test_what_cannot_be_done_is_told_and_the_rest_is_done(rooms: Rooms):
    """A subscription is no spam; the posts beside it are."""
    dev = moderated(rooms)
    posts = hold(rooms, dev, 2)
    joins = hold_request(rooms, dev).request_id
    scheduled = schedule(rooms, [*posts, joins], Decision(action=Action.SPAM), by=OWNER)
    rooms.drain("decide")

    assert [state(rooms, each) for each in posts] == ["spam", "spam"]
    assert state(rooms, joins) == "waiting"
    [result] = progress.results(
        rooms.conn, scheduled.decision_id or 0, outcomes=("failed",)
    )
    assert result.reason.startswith("This is no post")
    # It is free for the next decision.
    schedule(rooms, [joins], by=OWNER)
    rooms.drain("decide")
    assert state(rooms, joins) == "rejected"


class Killed(BaseException):
    """What kill -9 leaves: nothing of the open transaction, and no clean-up of ours."""


@contextmanager
def dying_at(
    monkeypatch: pytest.MonkeyPatch, number: int, error: BaseException
) -> Iterator[None]:
    """Die in the transaction of the n-th request, just before it is committed."""
    seen: list[int] = []
    carry_out = carrying.carry_out

    def dies(conn: "psycopg.Connection[Any]", *given: Any, **more: Any) -> Any:
        done = carry_out(conn, *given, **more)
        seen.append(1)
        if len(seen) == number:
            raise error
        return done

    with monkeypatch.context() as patch:
        patch.setattr(carrying, "carry_out", dies)
        yield


def test_killed_in_the_middle(rooms: Rooms, monkeypatch: pytest.MonkeyPatch):
    """What was committed stays, the rest is done by the next worker, nothing twice."""
    dev = moderated(rooms)
    ids = hold(rooms, dev, 5)
    scheduled = schedule(rooms, ids)
    with dying_at(monkeypatch, 3, Killed()), pytest.raises(Killed):
        rooms.drain("decide")

    assert [state(rooms, each) for each in ids] == ["rejected"] * 2 + ["waiting"] * 3
    rooms.host.hang_up()
    rooms.conn.execute("UPDATE spool_item SET lease_until = now() - interval '1 s'")
    rooms.conn.commit()
    # The suspect is taken apart: who kills workers does so alone.
    while rooms.drain("decide"):
        pass

    assert [state(rooms, each) for each in ids] == ["rejected"] * 5
    assert sorted(rejected(rooms)) == [f"u{n}@e.example" for n in range(5)]
    assert how_far(rooms, scheduled).done == 5


def test_one_that_fails_keeps_nobody_waiting(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
):
    """Its neighbours are done, it is done again alone, and is nobody's trouble then."""
    dev = moderated(rooms)
    ids = hold(rooms, dev, 3)
    scheduled = schedule(rooms, ids)
    with dying_at(monkeypatch, 2, RuntimeError("odd")):
        rooms.drain("decide")

    assert [state(rooms, each) for each in ids] == ["rejected"] * 3
    assert how_far(rooms, scheduled).done == 3


def test_one_that_always_fails_is_given_back(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
):
    """After the last attempt it is written down as failed, and waits for people."""
    dev = moderated(rooms)
    [one] = hold(rooms, dev, 1)
    scheduled = schedule(rooms, [one])

    def broken(*_given: Any, **_more: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(carrying, "carry_out", broken)
    for _ in range(rooms.host.settings.spool.max_attempts):
        rooms.drain("decide")
        make_due(rooms)

    assert state(rooms, one) == "waiting"
    found = how_far(rooms, scheduled)
    assert (found.failed, found.pending) == (1, 0)
    assert rooms.waiting("decide", "buried") == []


def test_undoing_while_a_worker_is_at_it(rooms: Rooms):
    """A request that a worker holds is too late; all others are taken back."""
    dev = moderated(rooms)
    ids = hold(rooms, dev, 4)
    scheduled = schedule(rooms, ids)
    order = carrying.load(rooms.conn, scheduled.decision_id or 0)
    assert order is not None
    with psycopg.connect(rooms.url) as worker:
        carrying.carry_out(worker, order, ids[0], settings=rooms.host.settings)
        rooms.conn.execute("SET LOCAL lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            delayed.undo(rooms.conn, order.id, by=MOD, how="web")
        rooms.conn.rollback()
        worker.commit()

    assert undo(rooms, scheduled) == Undone(taken_back=3, too_late=1)
    rooms.drain("decide")
    assert [state(rooms, each) for each in ids] == ["rejected"] + ["waiting"] * 3


def test_undone_before_the_worker_looks(rooms: Rooms):
    """A worker that waits for the row of somebody who undoes finds nothing to do."""
    dev = moderated(rooms)
    [one] = hold(rooms, dev, 1)
    scheduled = schedule(rooms, [one])
    order = carrying.load(rooms.conn, scheduled.decision_id or 0)
    assert order is not None
    undo(rooms, scheduled)

    items = carrying.carry_out(rooms.conn, order, one, settings=rooms.host.settings)
    rooms.conn.commit()
    assert (items, state(rooms, one)) == ((), "waiting")


def test_nobody_undoes_what_is_not_theirs(rooms: Rooms):
    """To take back a decision is for whoever took it."""
    dev = moderated(rooms)
    scheduled = schedule(rooms, hold(rooms, dev, 1), delay=None)
    found = delayed.undo(rooms.conn, scheduled.decision_id or 0, by=SECOND, how="web")
    assert not isinstance(found, Undone)
    assert how_far(rooms, scheduled).pending == 1


def test_an_edited_text_is_for_one_post(rooms: Rooms):
    """A text that names one post is not sent to the authors of others."""
    dev = moderated(rooms)
    ids = hold(rooms, dev, 2)
    edited = Decision(action=Action.REJECT, text="Dear Ann, your photos are too large.")
    with pytest.raises(Exception, match="for one post"):
        schedule(rooms, ids, edited)
    rooms.conn.rollback()
    assert schedule(rooms, ids[:1], edited).total == 1
