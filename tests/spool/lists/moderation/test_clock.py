import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg

from listhub.jobs import expire_requests, purge_requests, remind_moderators
from listhub.lists.moderation import expiry
from listhub.lists.moderation.outcomes import Action, AlreadyDecided, Decided
from listhub.spool import bodies
from tests.held import (
    Mail,
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
ROUNDS = 40


def later(rooms: Rooms, interval: str) -> None:
    """Let time pass for all that waits or was decided."""
    rooms.conn.execute(
        "UPDATE request SET created_at = created_at - %(age)s::interval,"
        " expires_at = expires_at - %(age)s::interval,"
        " reminded_at = reminded_at - %(age)s::interval,"
        " decided_at = decided_at - %(age)s::interval",
        {"age": interval},
    )
    rooms.conn.commit()


def run(rooms: Rooms, job: object, times: int = 1) -> Sequence[str]:
    said = [
        job.JOB.run(rooms.conn, rooms.host.settings)  # type: ignore[attr-defined]
        for _ in range(times)
    ]
    rooms.conn.commit()
    return said


def with_subject(rooms: Rooms, words: str) -> list[Mail]:
    return [mail for mail in mails(rooms) if words in mail.subject]


def test_what_nobody_decides_expires(rooms: Rooms):
    """Once its days are over a post ends; its author is told once, and its key is dead."""
    list_id = rooms.add_list(owners=[OWNER])
    held = hold_post(rooms, list_id, post_bytes(EVE))

    assert run(rooms, expire_requests) == ["0 requests expired"]
    later(rooms, "16 days")
    assert run(rooms, expire_requests, 2) == [
        "1 requests expired",
        "0 requests expired",
    ]

    assert state(rooms, held.request_id) == "expired"
    assert [mail.to for mail in with_subject(rooms, "has expired")] == [EVE]
    outcome = decide(rooms, held.request_id, Action.APPROVE)
    assert isinstance(outcome, AlreadyDecided)
    assert (outcome.state, outcome.how) == ("expired", "clock")
    assert "before anybody decided" in str(outcome.sentence)


def test_who_did_not_confirm_is_not_told(rooms: Rooms):
    """Neither forged authors, nor spam, nor the null reverse-path hear of an end."""
    list_id = rooms.add_list(owners=[OWNER])
    hold_post(rooms, list_id, post_bytes(EVE, message_id="1@e"), waits_for="person")
    hold_post(rooms, list_id, post_bytes(EVE, message_id="2@e"), spam="spam")
    hold_post(rooms, list_id, post_bytes(EVE, message_id="3@e"), reverse_path="")
    hold_request(rooms, list_id, waits_for="person")
    later(rooms, "16 days")
    before = len(mails(rooms))

    assert run(rooms, expire_requests) == ["4 requests expired"]

    assert len(mails(rooms)) == before


def test_who_asked_for_something_is_told(rooms: Rooms):
    """A subscription that no owner decided is told to who asked."""
    list_id = rooms.add_list(owners=[OWNER])
    hold_request(rooms, list_id, command="SUBSCRIBE dev")
    later(rooms, "16 days")

    run(rooms, expire_requests)

    assert [mail.to for mail in with_subject(rooms, "SUBSCRIBE dev")] == [EVE]


def test_a_decision_in_the_instant_of_expiry(rooms: Rooms):
    """Either the decision counts or the clock, and two schedulers expire once."""
    list_id = rooms.add_list(owners=[OWNER])
    start = threading.Barrier(3)

    def expire() -> int:
        with psycopg.connect(rooms.url) as own:
            start.wait()
            return expiry.expire(own, settings=rooms.host.settings)[0]

    def approve(request_id: int) -> bool:
        with psycopg.connect(rooms.url) as own:
            start.wait()
            outcome = decide(rooms, request_id, Action.APPROVE, conn=own)
            return isinstance(outcome, Decided)

    with ThreadPoolExecutor(3) as pool:
        for n in range(ROUNDS):
            raw = post_bytes(EVE, message_id=f"{n}@e")
            held = hold_post(rooms, list_id, raw, quiet=True)
            later(rooms, "16 days")
            clocks = [pool.submit(expire), pool.submit(expire)]
            approved = pool.submit(approve, held.request_id).result(20)
            expired = sum(each.result(20) for each in clocks)
            assert approved + expired == 1
            ends = "approved" if approved else "expired"
            assert state(rooms, held.request_id) == ends


def test_moderators_are_reminded_once(rooms: Rooms):
    """After so many hours each moderator gets one mail with all that waits on a list."""
    list_id = rooms.add_list(owners=[OWNER])
    add_moderators(rooms, list_id, MOD, SECOND)
    for n in range(3):
        raw = post_bytes(EVE, message_id=f"{n}@e", subject=f"Question {n}")
        hold_post(rooms, list_id, raw)
    calm = rooms.add_list("calm", owners=[OWNER], moderation_reminder=0)
    hold_post(rooms, calm, post_bytes(EVE))
    spammed = rooms.add_list("spammed", owners=[OWNER])
    hold_post(rooms, spammed, post_bytes(EVE), spam="spam")

    assert run(rooms, remind_moderators) == ["the moderators of 0 lists reminded"]
    later(rooms, "25 hours")
    hold_post(rooms, list_id, post_bytes(EVE, message_id="9@e", subject="New"))
    said = run(rooms, remind_moderators, 2)

    assert said == [
        "the moderators of 1 lists reminded",
        "the moderators of 0 lists reminded",
    ]
    told = with_subject(rooms, "Reminder")
    assert sorted(mail.to for mail in told) == [MOD, SECOND]
    for words in (b"Question 0", b"Question 2", b"New"):
        assert words in told[0].raw
    later(rooms, "25 hours")
    run(rooms, remind_moderators)
    assert len(with_subject(rooms, "Reminder")) == 4


def test_what_was_decided_is_forgotten(rooms: Rooms):
    """After its retention a request goes with its keys, and its message can go, too."""
    list_id = rooms.add_list(owners=[OWNER])
    decided = hold_post(rooms, list_id, post_bytes(EVE))
    hold_post(rooms, list_id, post_bytes(EVE, message_id="2@e", subject="Other"))
    decide(rooms, decided.request_id, Action.DISCARD)
    later(rooms, "91 days")
    rooms.conn.execute("UPDATE body SET last_put = now() - interval '9 days'")
    rooms.conn.commit()
    assert bodies.vacuum(rooms.conn, age=timedelta(days=1)) == 0

    assert run(rooms, purge_requests) == ["1 requests, 0 decisions deleted"]

    assert [row.state for row in rooms.rows("SELECT state FROM request")] == ["waiting"]
    kept = rooms.rows("SELECT request_id FROM request_key")
    assert decided.request_id not in {row.request_id for row in kept}
    assert bodies.vacuum(rooms.conn, age=timedelta(days=1)) == 1
