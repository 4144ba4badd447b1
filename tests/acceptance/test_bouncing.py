"""Members whose mail comes back: probe, removal, undo, breaker, through real processes."""

import re
import smtplib
from collections.abc import Sequence
from pathlib import Path

import pytest

from listhub.embedded.process import wait_until
from listhub.mail.headers import Headers
from tests.acceptance.test_decisions import ANN, BOB, DEV, OWN, Town, town
from tests.bouncing import complaint, report
from tests.smtp_server import Received

pytestmark = pytest.mark.timeout(300)

MEMBERS = "SELECT address FROM subscription JOIN person ON person.id = person_id"
EVENTS = "SELECT count(*) FROM bounce_event"
_OLDER = (
    "UPDATE outgoing SET created_at = created_at - %(days)s * interval '1 day'",
    "UPDATE bounce_event SET at = at - %(days)s * interval '1 day'",
    (
        "UPDATE bounce_action SET at = at - %(days)s * interval '1 day',"
        " due_at = due_at - %(days)s * interval '1 day'"
    ),
)


def lists_with_verp(here: Town) -> None:
    """Give every copy a reverse-path of its own; let no post be the last of the day."""
    here.listhub("config", "set", "--list", DEV, "verp_rate=100", "send=public")


def copy_to(here: Town, who: str, subject: str) -> Received:
    """Wait for somebody's copy and return it with its envelope."""

    def found() -> list[Received]:
        return [
            one
            for one in here.relay.received
            if who in one.recipients
            and subject in Headers.parse(one.content).text("Subject")
        ]

    assert wait_until(lambda: bool(found()), timeout=20), here.subjects()
    return found()[-1]


def reverse_path(mail: Received) -> str:
    path = re.search(r"<(.*?)>", mail.mail)
    return path[1] if path else mail.mail


def comes_back(here: Town, mails: Sequence[Received], **said: str) -> None:
    """Let the mail systems of these copies report that they could not deliver them."""
    known = here.site.rows(EVENTS)[0][0]
    with smtplib.LMTP("127.0.0.1", here.site.lmtp_port) as client:
        for mail in mails:
            to = reverse_path(mail)
            raw = report(to, final=mail.recipients[0], **said)
            client.sendmail("", [to], raw)
    expected = known + len(mails)
    assert wait_until(lambda: here.site.rows(EVENTS)[0][0] == expected, timeout=20)


def days_pass(here: Town, days: int) -> None:
    """Make everything that has happened older."""
    with here.site.rooms() as rooms:
        for update in _OLDER:
            rooms.conn.execute(update, {"days": days})
        rooms.conn.commit()


def dead_for_weeks(here: Town, who: str) -> None:
    """Let the copies of four weekly posts come back from one member."""
    for week in range(4):
        here.post(ANN, DEV, f"Week {week}")
        comes_back(here, [copy_to(here, who, f"Week {week}")])
        days_pass(here, 7)


def is_member(here: Town, who: str) -> bool:
    return (who,) in here.site.rows(MEMBERS)


def test_probe_removal_and_undo(server_directory: Path):
    """Four posts come back, then the probe: the member goes, and comes back by undo."""
    with town(server_directory) as here:
        lists_with_verp(here)
        dead_for_weeks(here, BOB)

        here.listhub("job", "run", "evaluate-bounces")
        probe = copy_to(here, BOB, "Does mail from dev reach you?")
        assert is_member(here, BOB)
        comes_back(here, [probe])
        assert wait_until(lambda: not is_member(here, BOB), timeout=20)
        told = here.next_to(OWN)
        assert b"removed:" in told
        assert BOB.encode() in told

        # Evaluated anew on any host, nothing more is done.
        here.listhub("job", "run", "evaluate-bounces")
        assert here.count(OWN) == 0
        [(number,)] = here.site.rows(
            "SELECT id FROM bounce_action WHERE action = 'remove'"
        )
        here.listhub("bounce", "undo", str(number))
        assert is_member(here, BOB)
        here.listhub("job", "run", "evaluate-bounces")
        assert here.quiet()
        here.post(ANN, DEV, "Welcome back")
        copy_to(here, BOB, "Welcome back")
        assert is_member(here, BOB)


def test_a_probe_that_arrives_clears(server_directory: Path):
    """Nothing comes back within its days: the member stays, and starts anew."""
    with town(server_directory) as here:
        lists_with_verp(here)
        dead_for_weeks(here, BOB)
        here.listhub("job", "run", "evaluate-bounces")
        copy_to(here, BOB, "Does mail from dev reach you?")
        assert here.quiet()
        days_pass(here, 6)

        here.listhub("job", "run", "evaluate-bounces")

        cleared = "SELECT outcome FROM bounce_action WHERE action = 'probe'"
        assert wait_until(lambda: here.site.rows(cleared) == [("cleared",)], timeout=20)
        assert is_member(here, BOB)
        assert here.count(OWN) == 0


def test_the_breaker(server_directory: Path):
    """A filter refuses a post for everybody: nobody is scored, the owner is told once."""
    with town(server_directory) as here:
        lists_with_verp(here)
        people = [f"u{n}@u{n}.example" for n in range(8)]
        with here.site.rooms() as rooms:
            for each in people:
                rooms.subscribe(1, each)
        here.post(ANN, DEV, "Buy now")
        copies = [copy_to(here, who, "Buy now") for who in people]
        comes_back(
            here, copies, status="5.7.1", diagnostic="550 5.7.1 rejected as spam"
        )

        for job in ("watch-bounces", "watch-bounces", "evaluate-bounces"):
            here.listhub("job", "run", job)

        told = here.next_to(OWN)
        assert b"same answer" in told
        assert b"rejected as spam" in told
        assert here.count(OWN) == 0
        assert here.site.rows("SELECT count(*) FROM bounce_action") == [(0,)]
        assert here.site.rows("SELECT bounced FROM bounce_breaker") == [(8,)]


def test_a_complaint_is_answered_by_silence(server_directory: Path):
    """Who calls a post spam leaves the list; nobody is written to."""
    with town(server_directory) as here:
        lists_with_verp(here)
        here.post(ANN, DEV, "News")
        mail = copy_to(here, BOB, "News")
        assert here.quiet()
        before = len(here.relay.received)
        headers = f"Return-Path: <{reverse_path(mail)}>\r\n"
        owner = DEV.replace("@", "-owner@")
        raw = complaint(owner, headers=headers)
        with smtplib.LMTP("127.0.0.1", here.site.lmtp_port) as client:
            client.sendmail("fbl@fbl.example", [owner], raw)

        assert wait_until(lambda: not is_member(here, BOB), timeout=20)
        assert here.quiet()
        assert len(here.relay.received) == before
