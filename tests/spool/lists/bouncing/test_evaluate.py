"""What is done with members whose mail comes back: told, asked, suspended, removed."""

from typing import Any

import pytest

from listhub.jobs import evaluate_bounces
from listhub.lists import recipients
from listhub.lists.recipients import Audience
from tests.bouncing import (
    actions,
    bounced,
    dead,
    evaluated,
    members,
    report,
    sent,
    token_address,
)
from tests.held import mails
from tests.rooms import Rooms

BOB = "bob@b.example"
OWN = "own@o.example"


def make(rooms: Rooms, **settings: Any) -> tuple[int, tuple[str, int]]:
    """Make a list with an owner and Bob, among others whose mail arrives."""
    dev = rooms.add_list(owners=[OWN], members=["ann@a.example"], **settings)
    return dev, (BOB, rooms.subscribe(dev, BOB))


def subjects(rooms: Rooms, who: str) -> list[str]:
    return [
        mail.subject for mail in mails(rooms) if mail.to == who and mail.mode != "each"
    ]


def answer_probe(
    rooms: Rooms,
    member: tuple[str, int],
    *,
    status: str = "5.1.1",
    text: str = "550 no",
) -> None:
    """Let the probe of a member come back as the mail system reports it."""
    [probe] = rooms.rows(
        "SELECT outgoing_id FROM bounce_action WHERE action = 'probe' AND outcome = ''"
    )
    to = token_address(rooms, member[1], outgoing=probe.outgoing_id)
    raw = report(to, status=status, diagnostic=text)
    rooms.put("bounce", raw, recipient=to, reverse_path="", list_id=None)
    rooms.drain("bounce")
    rooms.drain("bouncers")


def let_probes_pass(rooms: Rooms) -> None:
    rooms.conn.execute("UPDATE bounce_action SET due_at = now() WHERE action = 'probe'")
    rooms.conn.commit()


def test_a_member_who_bounces_now_and_then_is_told(rooms: Rooms):
    """Level 1: the member is written to and the owner told, once a week."""
    dev, bob = make(rooms)
    dead(rooms, dev, bob, posts=2)

    evaluated(rooms, dev)
    evaluated(rooms, dev)

    assert actions(rooms) == [("notify", "bounces", "", BOB)]
    assert subjects(rooms, BOB) == ["Mail from dev does not reach you"]
    assert subjects(rooms, OWN) == ["Members of dev who cannot be reached"]


def test_removal_asks_first_and_is_done_when_the_probe_comes_back(rooms: Rooms):
    """Level 2: a probe; its report takes the member off, and the owner reads of it."""
    dev, bob = make(rooms)
    dead(rooms, dev, bob)

    evaluated(rooms, dev)
    evaluated(rooms, dev)

    assert actions(rooms) == [("probe", "bounces", "", BOB)]
    assert subjects(rooms, BOB) == ["Does mail from dev reach you?"]
    assert BOB in members(rooms, dev)
    answer_probe(rooms, bob)

    assert members(rooms, dev) == ["ann@a.example"]
    assert actions(rooms) == [
        ("probe", "bounces", "confirmed", BOB),
        ("remove", "probe", "", BOB),
    ]
    assert subjects(rooms, OWN) == ["Members of dev who cannot be reached"]
    # Sources of members do not bring the address back.
    assert [row.address_key for row in rooms.rows("SELECT * FROM exclusion")] == [BOB]


def test_a_probe_that_arrives_clears_the_member(rooms: Rooms):
    """Silence is the good answer: the member stays, and old reports count no more."""
    dev, bob = make(rooms)
    dead(rooms, dev, bob)
    evaluated(rooms, dev)
    let_probes_pass(rooms)

    evaluated(rooms, dev)
    done = evaluated(rooms, dev)

    assert BOB in members(rooms, dev)
    assert [each[:3] for each in actions(rooms)] == [
        ("probe", "bounces", "cleared"),
        ("reset", "probe", ""),
    ]
    assert done.note == "0 bouncing"


def test_a_probe_that_meets_a_full_mailbox_removes_nobody(rooms: Rooms):
    """What is no proof that there is nobody leaves the question open."""
    dev, bob = make(rooms)
    dead(rooms, dev, bob)
    evaluated(rooms, dev)

    answer_probe(rooms, bob, status="5.2.2", text="552 mailbox full")
    evaluated(rooms, dev)

    assert BOB in members(rooms, dev)
    # And no second probe the day after.
    assert actions(rooms) == [("probe", "bounces", "unclear", BOB)]


def test_a_probe_cannot_be_answered_by_others(rooms: Rooms):
    """A report to another token or to the owners proves nothing about the probe."""
    dev, bob = make(rooms)
    dead(rooms, dev, bob)
    evaluated(rooms, dev)
    for to in (token_address(rooms, bob[1], outgoing=999), "dev-owner@lists.example"):
        rooms.put("bounce", report(to), recipient=to, reverse_path="", list_id=dev)
    rooms.drain("bounce")

    evaluated(rooms, dev)

    assert actions(rooms) == [("probe", "bounces", "", BOB)]


@pytest.mark.parametrize("proof", ["claim", "ledger"])
def test_unsigned_reports_alone_never_remove(rooms: Rooms, proof: str):
    """Without probes what anybody may have written still asks the mailbox first."""
    dev, bob = make(rooms, bounce_probe=False)
    for days in (9, 8, 7, 6):
        bounced(rooms, dev, bob, days_ago=days, proof=proof)

    evaluated(rooms, dev)

    assert BOB in members(rooms, dev)
    assert [each[0] for each in actions(rooms)] == ["probe"]


def test_signed_reports_remove_at_once_where_the_list_asks_for_no_probe(rooms: Rooms):
    """The setting bounce_probe."""
    dev, bob = make(rooms, bounce_probe=False)
    dead(rooms, dev, bob)

    evaluated(rooms, dev)

    assert BOB not in members(rooms, dev)


def test_suspension(rooms: Rooms):
    """Suspended members get nothing, stay members, and are suspended once."""
    dev, bob = make(rooms, bounce_probe=False, bouncers_level2_action="suspend")
    dead(rooms, dev, bob)

    evaluated(rooms, dev)
    evaluated(rooms, dev)

    assert actions(rooms) == [("suspend", "bounces", "", BOB)]
    [row] = rooms.rows(
        "SELECT suspended_at, suspended_until FROM subscription WHERE id = %s", bob[1]
    )
    assert row.suspended_at is not None
    assert row.suspended_until is None


def test_a_full_mailbox_is_told_and_never_removed(rooms: Rooms):
    """However high its score, it stays on the level below removal."""
    dev, bob = make(rooms, bounce_probe=False)
    for days in range(40, 1, -1):
        bounced(rooms, dev, bob, days_ago=days, trouble="mailbox-full")

    evaluated(rooms, dev)

    assert [each[0] for each in actions(rooms)] == ["notify"]


@pytest.mark.parametrize(
    ("told", "reader"), [("none", None), ("owner", OWN), ("listmaster", "lm@l.example")]
)
def test_who_is_told(rooms: Rooms, told: str, reader: str | None):
    """The setting bouncers_level1_notification."""
    dev, bob = make(rooms, bouncers_level1_notification=told)
    rooms.conn.execute(
        "INSERT INTO role (person_id, kind) VALUES (%s, 'listmaster')",
        [rooms.person("lm@l.example")],
    )
    dead(rooms, dev, bob, posts=2)

    evaluated(rooms, dev)

    readers = {mail.to for mail in mails(rooms) if mail.mode == "notice"} - {BOB}
    assert readers == ({reader} if reader else set())


def test_owners_are_warned_of_a_list_that_does_not_reach_its_members(rooms: Rooms):
    """The setting bounce_warn_rate: once a week."""
    dev, _ = make(rooms)
    for n in range(20):
        rooms.subscribe(dev, f"x{n}@x.example")
    for row in rooms.rows(
        "SELECT id FROM subscription WHERE list_id = %s LIMIT 8", dev
    ):
        bounced(rooms, dev, ("x@x.example", row.id), diagnostic="")

    evaluated(rooms, dev)
    evaluated(rooms, dev)

    waiting = rooms.rows("SELECT detail FROM notice_waiting WHERE kind = 'bounce_rate'")
    assert [row.detail["bouncing"] for row in waiting] == [8]


def test_the_daily_job_and_its_items(rooms: Rooms):
    """The job puts one item a list, and the room does the rest, whoever claims it."""
    dev, bob = make(rooms)
    rooms.add_list("quiet", members=["ann@a.example"])
    dead(rooms, dev, bob)
    said = evaluate_bounces.JOB.run(rooms.conn, rooms.host.settings)
    rooms.conn.commit()

    assert said == "1 lists to be evaluated"
    assert rooms.drain("bouncers") == 1
    assert [each[0] for each in actions(rooms)] == ["probe"]


def test_a_suppressed_address_gets_nothing_of_the_domain(rooms: Rooms):
    """The setting suppression: removal here ends the mail of all lists of the domain."""
    dev, bob = make(rooms, bounce_probe=False, suppression="domain")
    other = rooms.add_list("staff", members=[BOB, "ann@a.example"])
    dead(rooms, dev, bob)

    evaluated(rooms, dev)

    found = recipients.stream(
        rooms.conn,
        Audience(list_id=other, receptions=("each",)),
        name="all",
        expected=2,
    )
    assert [each.address for each in found] == ["ann@a.example"]
    assert recipients.count(rooms.conn, list_id=other) == {"each": 1}


def test_a_closed_list_is_left_alone(rooms: Rooms):
    """Nothing is sent or changed on a list that is closed."""
    dev, bob = make(rooms)
    dead(rooms, dev, bob)
    rooms.conn.execute("UPDATE mailing_list SET status = 'closed'")

    assert evaluated(rooms, dev).note == "the list is closed"
    assert sent(rooms, dev, {}) > 0
    assert actions(rooms) == []
