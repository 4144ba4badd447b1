"""Probes: a mail of its own asks the mailbox itself before a member loses theirs.

Its reverse-path bears a token that only this mailbox is sent, so what comes back to it
is proof, and nobody can answer for somebody else.  No answer is the answer hoped for:
the mail has arrived, and what was reported before no longer counts.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.config import Settings
from listhub.delivery.outgoing import NewOutgoing, Recipient, send_out, sort_key
from listhub.i18n.languages import best_language
from listhub.lists import files
from listhub.lists.bouncing import actions
from listhub.lists.bouncing.actions import Locked, Why
from listhub.lists.bouncing.score import NOBODY
from listhub.lists.notices import send
from listhub.lists.notices.memberships import BOUNCE_PROBE, Membership
from listhub.lists.notices.notice import Place
from listhub.lists.notices.render import render
from listhub.mail.address import key
from listhub.spool.items import NewItem

#: `outgoing.mode` of a probe.
MODE = "probe"

# One that left open what is the matter is not repeated every day.
_ASKED = """
SELECT EXISTS (SELECT FROM bounce_action
                WHERE subscription_id = %s AND action = 'probe' AND undone_at IS NULL
                  AND (outcome = '' OR at > now() - interval '7 days'))
"""
# What came back to the probe decides; the worst of it, should there be two reports.
_ANSWERED = """
SELECT probe.id, probe.subscription_id, probe.level, probe.score,
       probe.due_at <= now() AS due, answer.trouble
  FROM bounce_action AS probe LEFT JOIN LATERAL (
       SELECT event.trouble FROM bounce_event AS event
        WHERE event.outgoing_id = probe.outgoing_id AND event.kind = 'bounce'
          AND event.subscription_id = probe.subscription_id
          AND event.action = 'failed' AND event.proof IN ('token', 'ledger')
        ORDER BY (event.trouble = %(nobody)s) DESC, event.id LIMIT 1
       ) AS answer ON true
 WHERE probe.list_id = %(list_id)s AND probe.action = 'probe' AND probe.outcome = ''
   AND (probe.due_at <= now() OR answer.trouble IS NOT NULL)
 ORDER BY probe.id FOR UPDATE OF probe
"""
_CLOSE = "UPDATE bounce_action SET outcome = %s WHERE id = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A probe that has come back, or whose time is over."""

    id: int
    subscription_id: int
    level: int
    score: int
    due: bool
    #: What its report says; None: it has not come back.
    trouble: str | None


def is_asked(conn: "psycopg.Connection[Any]", subscription_id: int) -> bool:
    """Say whether a member has been sent a probe lately, answered or not."""
    row = conn.execute(_ASKED, [subscription_id]).fetchone()
    return bool(row and row[0])


def answered(conn: "psycopg.Connection[Any]", list_id: int) -> list[Answered]:
    """Return the list's probes that have an answer, be it silence; locked."""
    with conn.cursor(row_factory=class_row(Answered)) as cursor:
        values = {"list_id": list_id, "nobody": NOBODY}
        return cursor.execute(_ANSWERED, values).fetchall()


def close(conn: "psycopg.Connection[Any]", probe: Answered, *, outcome: str) -> None:
    """Write down what a probe has shown: confirmed, cleared, unclear."""
    conn.execute(_CLOSE, [outcome, probe.id])


def start(
    conn: "psycopg.Connection[Any]",
    member: Locked,
    why: Why,
    *,
    place: Place,
    days: int,
    site: Settings,
    trace: uuid.UUID,
) -> tuple[NewItem, ...]:
    """Send a probe to a member and wait for it so many days; return items to emit."""
    known = send.languages(conn, [member.address])
    mail = render(
        BOUNCE_PROBE,
        Membership(person=member.address),
        place=place,
        to=member.address,
        language=best_language(known.get(key(member.address)), place.language),
        own=lambda path: _own(conn, path, place),
        trace=trace,
    )
    sent = send_out(
        conn,
        NewOutgoing(
            trace=trace,
            message_id=mail.message_id,
            head=mail.raw,
            # Only its domain is used: the local part is the token.
            bounce_address=f"{place.list}-owner@{place.domain}",
            list_id=place.list_id,
            mode=MODE,
        ),
        verp=[Recipient(member.address, member.id, sort_key(key(member.address)))],
        verp_count=1,
        rules=site.packets,
    )
    actions.note(
        conn,
        int(member.row["list_id"]),
        member,
        "probe",
        why,
        outgoing_id=sent.outgoing_id,
        due=timedelta(days=days),
    )
    return sent.items


def _own(conn: "psycopg.Connection[Any]", path: str, place: Place) -> str | None:
    found = files.read(conn, path, list_id=place.list_id, domain_id=place.domain_id)
    return found.content if found else None
