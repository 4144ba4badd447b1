"""Mail that comes back: posts of some days ago, their reports, what became of them."""

import uuid
from collections.abc import Sequence
from typing import Any

from listhub.config import Packets
from listhub.delivery.outgoing import NewOutgoing, Recipient, send_out, sort_key
from listhub.lists.bouncing import evaluate
from listhub.lists.bouncing.evaluate import Evaluated
from listhub.mail import verp
from listhub.mail.likeness import likeness
from listhub.spool import store
from tests.rooms import DOMAIN, Rooms

REPORT = """\
From: MAILER-DAEMON@mx.b.example\r
To: {to}\r
Subject: Undelivered\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
No.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.b.example\r
\r
Final-Recipient: rfc822; {final}\r
Action: {action}\r
Status: {status}\r
Diagnostic-Code: smtp; {diagnostic}\r
\r
--b--\r
"""

COMPLAINT = """\
From: feedback@fbl.example\r
To: {to}\r
Subject: FW: spam\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
This is an abuse report.\r
--b\r
Content-Type: message/feedback-report\r
\r
Feedback-Type: {kind}\r
User-Agent: Loop/1.0\r
Version: 1\r
Original-Rcpt-To: redacted-{who}@b.example\r
\r
--b\r
Content-Type: message/rfc822\r
\r
{headers}From: ann@a.example\r
Subject: A question\r
\r
Hello.\r
--b--\r
"""


def report(
    to: str,
    *,
    final: str = "bob@b.example",
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "550 no such user",
) -> bytes:
    """Return a report of delivery about one recipient."""
    return REPORT.format(
        to=to, final=final, action=action, status=status, diagnostic=diagnostic
    ).encode()


def complaint(
    to: str, *, kind: str = "abuse", who: str = "b", headers: str = ""
) -> bytes:
    """Return an abuse report whose recipient has been made unreadable."""
    return COMPLAINT.format(to=to, kind=kind, who=who, headers=headers).encode()


def token_address(
    rooms: Rooms, subscription: int, *, list_id: int = 1, outgoing: int = 7
) -> str:
    """Return the reverse-path of a member's copy."""
    local = verp.encode(
        rooms.host.verp_key,
        list_id=list_id,
        outgoing_id=outgoing,
        subscription_id=subscription,
    )
    return f"{local}@{DOMAIN}"


def sent(
    rooms: Rooms,
    list_id: int,
    members: dict[str, int],
    *,
    days_ago: float = 0,
    sequence: int | None = None,
) -> int:
    """Store a post as it was sent to members so many days ago; return its number."""
    found = send_out(
        rooms.conn,
        NewOutgoing(
            trace=uuid.uuid4(),
            message_id=f"{uuid.uuid4()}@a.example",
            head=b"Subject: A question\r\n\r\n",
            bounce_address=f"dev-owner@{DOMAIN}",
            list_id=list_id,
            sequence=sequence,
        ),
        verp=[
            Recipient(address, number, sort_key(address))
            for address, number in sorted(
                members.items(), key=lambda each: sort_key(each[0])
            )
        ],
        verp_count=len(members),
        rules=Packets(),
    )
    rooms.conn.execute(
        "UPDATE outgoing SET created_at = now() - %s * interval '1 day' WHERE id = %s",
        [days_ago, found.outgoing_id],
    )
    rooms.conn.commit()
    return found.outgoing_id


def bounced(
    rooms: Rooms,
    list_id: int,
    member: tuple[str, int],
    *,
    days_ago: float = 0,
    outgoing: int | None = None,
    trouble: str = "no-such-user",
    status: str = "5.1.1",
    diagnostic: str = "550 5.1.1 no such user",
    proof: str = "token",
) -> None:
    """Record a failure as the stage does, so many days ago."""
    address, number = member
    rooms.conn.execute(
        "INSERT INTO bounce_event (list_id, subscription_id, address, outgoing_id, at,"
        " source, source_id, action, status, diagnostic, trace, trouble, proof, alike)"
        " VALUES (%s, %s, %s, %s, now() - %s * interval '1 day', 'dsn',"
        " nextval('test_source'), 'failed', %s, %s, %s, %s, %s, %s)",
        [
            list_id,
            number,
            address,
            outgoing,
            days_ago,
            status,
            diagnostic,
            uuid.uuid4(),
            trouble,
            proof,
            likeness(diagnostic, trouble=trouble),
        ],
    )
    rooms.conn.commit()


def number_sources(rooms: Rooms) -> None:
    """Prepare for `bounced`: each event is from another item."""
    rooms.conn.execute("CREATE SEQUENCE test_source START 1000000")
    rooms.conn.commit()


def dead(
    rooms: Rooms, list_id: int, member: tuple[str, int], *, posts: int = 4
) -> None:
    """Let the copies of the last posts come back, one a week: nobody is there."""
    for week in range(posts, 0, -1):
        post = sent(rooms, list_id, dict([member]), days_ago=7 * week)
        bounced(rooms, list_id, member, days_ago=7 * week, outgoing=post)


def evaluated(rooms: Rooms, list_id: int) -> Evaluated:
    """Evaluate a list in a transaction of its own, as its item does."""
    done = evaluate.evaluate(
        rooms.conn, list_id, site=rooms.host.settings, trace=uuid.uuid4()
    )
    store.put(rooms.conn, done.items)
    rooms.conn.commit()
    return done


def actions(rooms: Rooms) -> list[tuple[Any, ...]]:
    """Return what was done, oldest first, as (action, why, outcome, address)."""
    return [
        tuple(row)
        for row in rooms.rows(
            "SELECT action, why, outcome, address FROM bounce_action ORDER BY id"
        )
    ]


def members(rooms: Rooms, list_id: int) -> Sequence[str]:
    """Return the addresses of a list's members."""
    return [
        row.address
        for row in rooms.rows(
            "SELECT address FROM subscription JOIN person ON person.id = person_id"
            " WHERE list_id = %s ORDER BY address",
            list_id,
        )
    ]
