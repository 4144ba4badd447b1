import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg

from listhub.lists.moderation import claim, people, queue, request as requests
from listhub.lists.moderation.claim import Claimed, ClaimedByOther
from listhub.lists.moderation.outcomes import Action, AlreadyDecided, Decided, Gone
from listhub.lists.moderation.reach import EVERYTHING
from tests.held import add_moderators, decide, hold_post, hold_request, state
from tests.rooms import Rooms, post_bytes

OWNER, MOD, SECOND = "owner@a.example", "mod@a.example", "zed@b.example"
EVE, ROOT = "eve@e.example", "root@a.example"


def moderated(rooms: Rooms, name: str = "dev") -> int:
    list_id = rooms.add_list(name, owners=[OWNER])
    add_moderators(rooms, list_id, MOD, SECOND)
    return list_id


def claimed_by(rooms: Rooms) -> str | None:
    [entry] = queue.page(rooms.conn, EVERYTHING).entries
    return entry.claimed_by


def may(rooms: Rooms, request_id: int, person: str) -> bool:
    request = requests.load(rooms.conn, request_id)
    assert request is not None
    return people.may_decide(rooms.conn, request, person)


def test_who_may_decide(rooms: Rooms):
    """Owners may what moderators may, listmasters what both may, others nothing."""
    list_id = moderated(rooms)
    other = rooms.add_list("other", owners=["else@a.example"])
    add_moderators(rooms, other, "third@a.example")
    rooms.conn.execute(
        "INSERT INTO role (person_id, kind) VALUES (%s, 'listmaster')",
        [rooms.person(ROOT)],
    )
    post = hold_post(rooms, list_id, post_bytes(EVE)).request_id
    joins = hold_request(rooms, list_id).request_id
    made = hold_request(
        rooms, list_id, kind="create_list", waits_for="listmasters"
    ).request_id
    mine = hold_request(rooms, list_id, waits_for="person", person=MOD).request_id

    everybody = [MOD, OWNER, ROOT, EVE, "else@a.example", "third@a.example", "", "x"]

    def who(request_id: int) -> list[str]:
        return [person for person in everybody if may(rooms, request_id, person)]

    assert who(post) == [MOD, OWNER, ROOT]
    assert who(joins) == [OWNER, ROOT]
    assert who(made) == [ROOT]
    assert who(mine) == []
    assert may(rooms, post, MOD.upper())


def test_a_claim_is_seen_and_taken_over(rooms: Rooms):
    """Others see a claim, are told whose it is, may take over, and may not renew it."""
    list_id = moderated(rooms)
    request_id = hold_post(rooms, list_id, post_bytes(EVE)).request_id

    mine = claim.claim(rooms.conn, request_id, by=MOD)
    again = claim.claim(rooms.conn, request_id, by=MOD)
    theirs = claim.claim(rooms.conn, request_id, by=SECOND)

    assert isinstance(mine, Claimed)
    assert isinstance(again, Claimed)
    assert again.until > mine.until
    assert theirs == ClaimedByOther(by=MOD, until=again.until)
    assert claimed_by(rooms) == MOD

    taken = claim.take_over(rooms.conn, request_id, by=SECOND)
    assert isinstance(taken, Claimed)
    assert taken.before == MOD
    assert not claim.give_back(rooms.conn, request_id, by=MOD)
    assert claim.give_back(rooms.conn, request_id, by=SECOND)
    assert claimed_by(rooms) is None


def test_a_claim_ends_by_itself(rooms: Rooms):
    """After its lease a claim is nobody's, and nobody is named for it."""
    request_id = hold_post(rooms, moderated(rooms), post_bytes(EVE)).request_id
    claim.claim(rooms.conn, request_id, by=MOD, lease=timedelta(0))

    assert claimed_by(rooms) is None
    theirs = claim.claim(rooms.conn, request_id, by=SECOND)
    assert isinstance(theirs, Claimed)
    assert theirs.before == ""


def test_deciding_ends_the_claim(rooms: Rooms):
    """Whoever decides without the claim learns whose it was, and it is gone."""
    list_id = moderated(rooms)
    request_id = hold_post(rooms, list_id, post_bytes(EVE)).request_id
    claim.claim(rooms.conn, request_id, by=MOD)

    outcome = decide(rooms, request_id, Action.DISCARD, by=SECOND)

    assert isinstance(outcome, Decided)
    assert outcome.claim_of == MOD
    [row] = rooms.rows("SELECT * FROM request")
    assert (row.claimed_by, row.claimed_until) == (None, None)
    late = claim.claim(rooms.conn, request_id, by=MOD)
    assert isinstance(late, AlreadyDecided)
    assert isinstance(claim.claim(rooms.conn, 4711, by=MOD), Gone)


def test_two_claims_at_once(rooms: Rooms):
    """Of two claims in the same instant one holds, and the other says whose it is."""
    list_id = moderated(rooms)
    start = threading.Barrier(2)

    def act(request_id: int, by: str) -> object:
        with psycopg.connect(rooms.url) as own:
            start.wait()
            return claim.claim(own, request_id, by=by)

    with ThreadPoolExecutor(2) as pool:
        for n in range(20):
            raw = post_bytes(EVE, message_id=f"{n}@e")
            held = hold_post(rooms, list_id, raw, quiet=True)
            pair = [pool.submit(act, held.request_id, by) for by in (MOD, SECOND)]
            kinds = sorted(type(each.result(20)).__name__ for each in pair)
            assert kinds == ["Claimed", "ClaimedByOther"]
            assert state(rooms, held.request_id) == "waiting"
