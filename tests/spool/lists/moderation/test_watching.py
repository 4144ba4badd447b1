"""Who looks at what, and what has changed meanwhile."""

from datetime import timedelta

from listhub.lists.moderation import (
    claim,
    decide as decisions,
    delayed,
    reach,
    watching,
)
from listhub.lists.moderation.outcomes import Action, Decision
from listhub.lists.moderation.watching import Change
from listhub.mail.address import key
from tests.held import add_moderators, decide, hold_post
from tests.rooms import Rooms, post_bytes

MOD, SECOND = "mod@a.example", "zed@b.example"


def hold(rooms: Rooms, list_id: int, number: int = 1) -> int:
    raw = post_bytes("eve@e.example", message_id=f"{number}@e.example")
    return hold_post(rooms, list_id, raw).request_id


def moderated(rooms: Rooms, name: str = "dev") -> int:
    list_id = rooms.add_list(name)
    add_moderators(rooms, list_id, MOD, SECOND)
    return list_id


def test_who_looks_is_seen_and_forgotten(rooms: Rooms):
    """Whoever says so is seen by others, and gone when their time is over."""
    one = hold(rooms, moderated(rooms))
    watching.look(rooms.conn, one, person=MOD)
    watching.look(rooms.conn, one, person=MOD)
    watching.look(rooms.conn, one, person=SECOND, looks=timedelta(0))
    assert watching.looking(rooms.conn, one) == [MOD]

    watching.look(rooms.conn, one, person=MOD)
    assert rooms.rows("SELECT person FROM watching") == [(MOD,)]
    watching.leave(rooms.conn, one, person=MOD)
    assert watching.looking(rooms.conn, one) == []


def test_nobody_looks_at_what_is_not_there(rooms: Rooms):
    """A page of a request that was deleted says so without an error."""
    watching.look(rooms.conn, 999, person=MOD)
    assert rooms.rows("SELECT * FROM watching") == []


def of(rooms: Rooms, request_id: int) -> Change:
    found = watching.changes(rooms.conn, ids=[request_id])
    rooms.conn.commit()
    assert found.requests is not None
    return found.requests[0]


def test_everything_that_others_do_is_a_change(rooms: Rooms):
    """Looking, claiming, a note, a decision on its way and one that took effect."""
    dev = moderated(rooms)
    one = hold(rooms, dev)
    marks = [watching.changes(rooms.conn, ids=[one]).mark]

    def changed() -> bool:
        found = watching.changes(rooms.conn, ids=[one], since=marks[-1])
        rooms.conn.commit()
        marks.append(found.mark)
        return found.requests is not None

    assert not changed()
    watching.look(rooms.conn, one, person=SECOND)
    assert changed()
    assert of(rooms, one).looking == [SECOND]
    claim.claim(rooms.conn, one, by=SECOND)
    assert changed()
    assert of(rooms, one).claimed_by == SECOND
    decisions.note(rooms.conn, one, "Who is that?", by=SECOND, how="web")
    assert changed()
    found = delayed.schedule(
        rooms.conn,
        reach.of_person(rooms.conn, SECOND),
        [one],
        Decision(action=Action.REJECT),
        by=SECOND,
        how="web",
    )
    assert changed()
    here = of(rooms, one)
    assert (here.pending, here.pending_by) == ("reject", SECOND)
    assert here.decision == found.decision_id
    decide(rooms, one, Action.APPROVE, by=MOD, how="mail")
    assert changed()
    here = of(rooms, one)
    assert (here.state, here.decided_by, here.decided_how) == ("approved", MOD, "mail")
    assert here.pending is None
    assert not changed()


def test_a_list_is_followed_without_naming_its_requests(rooms: Rooms):
    """Of a list what somebody is at or has decided lately, and nothing of others."""
    dev, other = moderated(rooms), moderated(rooms, "other")
    quiet, seen, done = (hold(rooms, dev, n) for n in range(3))
    elsewhere = hold(rooms, other, 9)
    watching.look(rooms.conn, seen, person=key(MOD))
    watching.look(rooms.conn, elsewhere, person=MOD)
    decide(rooms, done, Action.DISCARD)

    found = watching.changes(rooms.conn, list_ids=[dev])
    assert found.requests is not None
    assert [each.id for each in found.requests] == [seen, done]
    assert quiet not in [each.id for each in found.requests]


def test_nobody_follows_what_is_not_theirs(rooms: Rooms):
    """Within a reach: requests of one's own lists, decided or not, and no others."""
    dev, other = moderated(rooms), rooms.add_list("other")
    add_moderators(rooms, other, "zoe@z.example")
    mine, done, theirs = hold(rooms, dev, 1), hold(rooms, dev, 2), hold(rooms, other, 3)
    decide(rooms, done, Action.DISCARD)
    found = watching.changes(
        rooms.conn, ids=[mine, done, theirs], within=reach.of_person(rooms.conn, MOD)
    )
    assert found.requests is not None
    assert [each.id for each in found.requests] == [mine, done]
