import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from listhub.errors import UsageError
from listhub.lists import files, subscribing
from listhub.lists.moderation import decide as decisions, senders
from listhub.lists.moderation.outcomes import (
    Action,
    AlreadyDecided,
    Decided,
    Decision,
    Gone,
)
from listhub.lists.moderation.request import How
from tests.held import (
    add_moderators,
    decide,
    hold_post,
    hold_request,
    mails,
    state,
)
from tests.rooms import Rooms, post_bytes

OWNER, MOD, SECOND = "owner@a.example", "mod@a.example", "zed@b.example"
EVE = "eve@e.example"
ROUNDS = 100


def letters(rooms: Rooms, to: str) -> Sequence[str]:
    """Return the subjects of what somebody got, without that of the holding."""
    return [mail.subject for mail in mails(rooms) if mail.to == to][1:]


def moderated(rooms: Rooms, **settings: Any) -> int:
    list_id = rooms.add_list(owners=[OWNER], members=[EVE], **settings)
    add_moderators(rooms, list_id, MOD, SECOND)
    return list_id


def test_an_approved_post_goes_to_the_list(rooms: Rooms):
    """Approval puts the same bytes into `distribute` again, says who, tells the author."""
    list_id = moderated(rooms)
    held = hold_post(rooms, list_id, post_bytes(EVE))
    [waiting] = rooms.rows("SELECT * FROM request")

    outcome = decide(rooms, held.request_id, Action.APPROVE, by=MOD)

    assert isinstance(outcome, Decided)
    [item] = rooms.waiting("distribute")
    assert item.body_id == waiting.body_id
    assert item.trace == waiting.trace
    assert item.meta == {"request": held.request_id, "approved_by": MOD}
    assert (item.list_id, item.reverse_path) == (list_id, EVE)
    assert letters(rooms, EVE) == ["Your message to dev has been sent to the list"]
    [row] = rooms.rows("SELECT * FROM request")
    assert (row.state, row.decided_by, row.decided_how) == ("approved", MOD, "web")
    [audit] = rooms.rows("SELECT * FROM audit WHERE action = 'request.approve'")
    assert (audit.actor, audit.object) == (MOD, "dev@lists.example")
    assert audit.detail["how"] == "web"


def test_a_confirmed_post_goes_to_the_list(rooms: Rooms):
    """A confirmation puts the post into `distribute` with the word of its author."""
    list_id = moderated(rooms)
    held = hold_post(rooms, list_id, post_bytes(EVE), waits_for="person")

    decide(rooms, held.request_id, Action.CONFIRM, by=EVE, how="mail")

    [item] = rooms.waiting("distribute")
    assert item.meta == {"request": held.request_id, "confirmed_by": EVE}
    assert letters(rooms, EVE) == []


@pytest.mark.parametrize(
    ("decision", "ends", "subjects"),
    [
        (
            Decision(action=Action.REJECT, reason="Not here."),
            "rejected",
            ["Your message to dev has been rejected"],
        ),
        (
            Decision(action=Action.REJECT, template="reject_offtopic"),
            "rejected",
            ["Your message to dev is not about the list's subject"],
        ),
        (Decision(action=Action.REJECT, template="reject_quiet"), "rejected", []),
        (Decision(action=Action.REJECT, quiet=True), "rejected", []),
        (Decision(action=Action.DISCARD), "discarded", []),
        (Decision(action=Action.SPAM), "spam", []),
    ],
    ids=["reject", "template", "template quiet", "quiet", "discard", "spam"],
)
def test_a_post_that_is_not_let_through(
    rooms: Rooms, decision: Decision, ends: str, subjects: list[str]
):
    """Nothing is distributed; the author is told of a rejection, and of nothing else."""
    list_id = moderated(rooms)
    held = hold_post(rooms, list_id, post_bytes(EVE))

    decide(rooms, held.request_id, decision)

    assert state(rooms, held.request_id) == ends
    assert rooms.waiting("distribute") == []
    assert list(letters(rooms, EVE)) == subjects
    if decision.reason:
        assert b"Not here." in mails(rooms)[-1].raw
    [row] = rooms.rows("SELECT * FROM request")
    assert row.body_id is not None


def test_the_first_decision_stands(rooms: Rooms):
    """Whoever is second is told who was first, what, when and how; nothing happens."""
    list_id = moderated(rooms)
    held = hold_post(rooms, list_id, post_bytes(EVE))

    decide(rooms, held.request_id, Action.REJECT, by=MOD, how="mail")
    second = decide(rooms, held.request_id, Action.APPROVE, by=SECOND)
    again = decide(rooms, held.request_id, Action.REJECT, by=MOD)

    for outcome in (second, again):
        assert isinstance(outcome, AlreadyDecided)
        assert (outcome.who, outcome.how, outcome.state) == (MOD, "mail", "rejected")
        assert str(outcome.sentence).startswith(f"Already rejected by {MOD} on ")
        assert str(outcome.sentence).endswith(", by mail.")
        assert MOD in outcome.sentence.into("fr")
        assert outcome.sentence.into("fr") != str(outcome.sentence)
    assert rooms.waiting("distribute") == []
    assert len(rooms.rows("SELECT FROM audit WHERE action LIKE 'request.%%'")) == 1


def test_what_is_not_there_is_gone(rooms: Rooms):
    """A request that never was, or was purged, is not an error."""
    assert isinstance(decide(rooms, 4711, Action.APPROVE), Gone)


def test_two_moderators_at_once(rooms: Rooms):
    """Of two decisions in the same instant one counts, and the other one is told."""
    list_id = moderated(rooms)
    start = threading.Barrier(2)

    def act(
        request_id: int, action: Action, by: str, how: How
    ) -> Decided | AlreadyDecided | Gone:
        with psycopg.connect(rooms.url) as own:
            own.execute("SELECT")
            start.wait()
            return decide(rooms, request_id, action, by=by, how=how, conn=own)

    firsts = []
    with ThreadPoolExecutor(2) as pool:
        for n in range(ROUNDS):
            raw = post_bytes(EVE, message_id=f"{n}@e.example")
            held = hold_post(rooms, list_id, raw, quiet=True)
            pair = [
                pool.submit(act, held.request_id, Action.APPROVE, MOD, "web"),
                pool.submit(act, held.request_id, Action.REJECT, SECOND, "mail"),
            ]
            done, told = sorted(
                (each.result(20) for each in pair),
                key=lambda outcome: isinstance(outcome, AlreadyDecided),
            )
            assert isinstance(done, Decided)
            assert isinstance(told, AlreadyDecided)
            assert told.state == done.state == state(rooms, held.request_id)
            assert told.who == (MOD if done.state == "approved" else SECOND)
            assert told.how == ("web" if done.state == "approved" else "mail")
            firsts.append(done.state)

    assert len(rooms.waiting("distribute")) == firsts.count("approved")
    assert len(rooms.rows("SELECT FROM audit WHERE action LIKE 'request.%%'")) == ROUNDS
    rejections = [m for m in mails(rooms) if "has been rejected" in m.subject]
    assert len(rejections) <= firsts.count("rejected")


def test_always_let_through(rooms: Rooms):
    """Approving with `allow` lets the sender through from now on, written once."""
    list_id = moderated(rooms)
    for n in range(2):
        raw = post_bytes(EVE.upper(), message_id=f"{n}@e")
        held = hold_post(rooms, list_id, raw)
        decide(rooms, held.request_id, Decision(action=Action.APPROVE, allow=True))

    assert senders.is_allowed(rooms.conn, list_id, EVE)
    assert not senders.is_allowed(rooms.conn, list_id, "other@e.example")
    assert len(rooms.rows("SELECT FROM custom_file")) == 1


def test_two_senders_are_blocked_at_once(rooms: Rooms):
    """Two moderators who block two senders in the same instant lose neither."""
    list_id = moderated(rooms)
    start = threading.Barrier(2)

    def block(request_id: int) -> None:
        decision = Decision(action=Action.SPAM, block=True)
        with psycopg.connect(rooms.url) as own:
            start.wait()
            decide(rooms, request_id, decision, conn=own)

    with ThreadPoolExecutor(2) as pool:
        held = [
            hold_post(rooms, list_id, post_bytes(f"{name}@e.example", message_id=name))
            for name in ("ann", "bob")
        ]
        list(pool.map(block, [each.request_id for each in held], timeout=20))
    decide(rooms, held[0].request_id, Decision(action=Action.SPAM, block=True))

    found = files.read(rooms.conn, senders.BLOCKED, list_id=list_id)
    assert found is not None
    assert sorted(found.content.splitlines()) == ["ann@e.example", "bob@e.example"]


@pytest.mark.parametrize("author", ["*@e.example", "#x@e.example"])
def test_an_author_makes_no_pattern(rooms: Rooms, author: str):
    """A sender whose address means more in a file than itself is not written there."""
    list_id = moderated(rooms)
    held = hold_post(rooms, list_id, post_bytes(author))

    outcome = decide(
        rooms, held.request_id, Decision(action=Action.APPROVE, allow=True)
    )

    assert isinstance(outcome, Decided)
    assert rooms.rows("SELECT FROM custom_file") == []
    assert not senders.is_allowed(rooms.conn, list_id, EVE)


def test_topics_are_given_by_the_editor(rooms: Rooms):
    """A moderator's topics are the post's, marked as the editor's."""
    list_id = moderated(rooms, topics=["news | News", "jobs | Jobs"])
    held = hold_post(rooms, list_id, post_bytes(EVE))

    decide(rooms, held.request_id, Decision(action=Action.APPROVE, topics=("jobs",)))

    [tag] = rooms.rows("SELECT * FROM message_topic")
    assert (tag.topics, tag.method) == (["jobs"], "editor")


@pytest.mark.parametrize(
    ("kind", "member"),
    [("subscribe", True), ("add", True), ("signoff", False), ("del", False)],
)
def test_an_owner_agrees(rooms: Rooms, kind: str, *, member: bool):
    """What an owner approves is done in the same commit, and the person is told."""
    list_id = moderated(rooms)
    person = EVE if not member else "new@e.example"
    held = hold_request(rooms, list_id, kind=kind, person=person)

    decide(rooms, held.request_id, Action.APPROVE, by=OWNER)

    assert subscribing.is_member(rooms.conn, list_id, person) is member
    assert len([mail for mail in mails(rooms) if mail.to == person]) == 1


def test_an_owner_declines(rooms: Rooms):
    """A rejected subscription changes nothing; the person gets the owner's words."""
    list_id = moderated(rooms)
    held = hold_request(rooms, list_id, person="new@e.example")

    decide(rooms, held.request_id, Decision(action=Action.REJECT, reason="Staff only."))

    assert not subscribing.is_member(rooms.conn, list_id, "new@e.example")
    assert b"Staff only." in mails(rooms)[-1].raw


def test_what_cannot_be_done_is_not_decided(rooms: Rooms):
    """A list that is full takes nobody, and the request goes on waiting."""
    list_id = moderated(rooms, max_members=1)
    held = hold_request(rooms, list_id, person="new@e.example")

    with pytest.raises(UsageError, match="is full"):
        decide(rooms, held.request_id, Action.APPROVE)
    rooms.conn.rollback()

    assert state(rooms, held.request_id) == "waiting"
    assert rooms.rows("SELECT FROM audit WHERE action LIKE 'request.%%'") == []


def test_a_confirmed_command_is_judged_anew(rooms: Rooms):
    """What a person confirmed goes to the room of commands with that word."""
    list_id = moderated(rooms)
    held = hold_request(rooms, list_id, waits_for="person", command="SUBSCRIBE dev")

    decide(rooms, held.request_id, Action.CONFIRM, by=EVE, how="mail")

    [item] = rooms.waiting("command")
    assert item.meta == {"request": held.request_id, "confirmed_by": EVE}


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (Decision(action=Action.CONFIRM), "waits for the people in charge"),
        (Decision(action=Action.DISCARD, allow=True), "only by approving"),
        (Decision(action=Action.APPROVE, block=True), "not blocked by approving"),
        (Decision(action=Action.REJECT, template="../x"), "no text"),
    ],
)
def test_decisions_that_make_no_sense(rooms: Rooms, decision: Decision, words: str):
    """A decision that contradicts itself or the request is refused in a sentence."""
    held = hold_post(rooms, moderated(rooms), post_bytes(EVE))

    with pytest.raises(UsageError, match=words):
        decide(rooms, held.request_id, decision)


def test_subscriptions_are_no_spam(rooms: Rooms):
    """Senders are allowed, blocked and reported for posts only."""
    held = hold_request(rooms, moderated(rooms))

    with pytest.raises(UsageError, match="is no post"):
        decide(rooms, held.request_id, Action.SPAM)


def test_a_rollback_undoes_a_decision(rooms: Rooms):
    """Whoever dies before the commit has decided nothing."""
    list_id = moderated(rooms)
    held = hold_post(rooms, list_id, post_bytes(EVE))
    before = len(mails(rooms))

    with psycopg.connect(rooms.url) as dying:
        decisions.decide(
            dying,
            held.request_id,
            Decision(action=Action.APPROVE, allow=True),
            by=MOD,
            how="web",
            settings=rooms.host.settings,
        )
        dying.rollback()

    assert state(rooms, held.request_id) == "waiting"
    assert len(mails(rooms)) == before
    assert rooms.waiting("distribute") == []
    assert rooms.rows("SELECT FROM custom_file") == []


def test_notes_are_kept_in_order(rooms: Rooms):
    """What deciders write to each other stands under its date and name."""
    held = hold_post(rooms, moderated(rooms), post_bytes(EVE))

    decisions.note(
        rooms.conn, held.request_id, "Do we know her?\x00", by=MOD, how="web"
    )
    decisions.note(rooms.conn, held.request_id, "Yes.", by=SECOND, how="web")

    [row] = rooms.rows("SELECT note FROM request")
    first, second = row.note.splitlines()
    assert first.endswith(f"Z {MOD}: Do we know her?")
    assert second.endswith(f"Z {SECOND}: Yes.")


@pytest.mark.parametrize(
    ("action", "status", "subject"),
    [
        (Action.APPROVE, "open", "Approved: CREATE_LIST dev"),
        (Action.REJECT, "closed", "Your list dev@lists.example has been turned down"),
    ],
)
def test_a_new_list(rooms: Rooms, action: Action, status: str, subject: str):
    """A list that was asked for is opened or closed by a listmaster's word."""
    list_id = moderated(rooms)
    rooms.conn.execute("UPDATE mailing_list SET status = 'pending'")
    held = hold_request(
        rooms, list_id, kind="create_list", waits_for="listmasters", person=""
    )
    rooms.conn.execute("UPDATE request SET author = %s", [EVE])

    decide(rooms, held.request_id, action, by="root@a.example")

    assert [row.status for row in rooms.rows("SELECT status FROM mailing_list")] == [
        status
    ]
    assert [m.subject for m in mails(rooms) if m.to == EVE] == [subject]
