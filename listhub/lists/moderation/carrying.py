"""Carrying out: one request of a decision that was scheduled, in one transaction.

The row that ties the request to the decision is what makes it happen once: it is taken
and the decision is written in the same commit.  A worker that dies leaves both as they
were; two workers with the same item find each row taken by the other or still there.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.errors import PermanentError
from listhub.lists.moderation import decide as decisions, people, request as requests
from listhub.lists.moderation.delayed import NOT_YOURS, decision_of
from listhub.lists.moderation.outcomes import AlreadyDecided, Decided, Decision
from listhub.lists.moderation.request import How, Request
from listhub.lists.said import sentence_of
from listhub.mail import encoded_words
from listhub.spool.items import NewItem

_DUE = """
SELECT action, options, decided_by, decided_how,
       greatest(due_at - clock_timestamp(), interval '0')
  FROM decision WHERE id = %s
"""
_LEFT = """
SELECT request_id FROM decision_request
 WHERE decision_id = %s AND request_id BETWEEN %s AND %s AND outcome = 'pending'
 ORDER BY request_id
"""
_TAKE = """
UPDATE decision_request SET outcome = 'done', settled_at = clock_timestamp()
 WHERE decision_id = %s AND request_id = %s AND outcome = 'pending'
"""
_END = """
UPDATE decision_request
   SET outcome = %(outcome)s, reason = %(reason)s, settled_at = clock_timestamp()
 WHERE decision_id = %(decision)s AND request_id = %(request)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be carried out, on whose word, and in how long."""

    id: int
    decision: Decision
    by: str
    how: How
    wait: timedelta


def load(conn: "psycopg.Connection[Any]", decision_id: int) -> Order | None:
    """Return a decision that was scheduled, None if it is forgotten."""
    row = conn.execute(_DUE, [decision_id]).fetchone()
    if row is None:
        return None
    return Order(
        id=decision_id,
        decision=decision_of(row[0], row[1]),
        by=row[2],
        how=row[3],
        wait=row[4],
    )


def left(
    conn: "psycopg.Connection[Any]", order: Order, *, first: int, last: int
) -> list[int]:
    """Return the requests between two numbers that it has still to decide."""
    return [row[0] for row in conn.execute(_LEFT, [order.id, first, last])]


def carry_out(
    conn: "psycopg.Connection[Any]",
    order: Order,
    request_id: int,
    *,
    settings: Settings,
) -> tuple[NewItem, ...]:
    """Decide one request, or write down why not; return the items to put.

    Nothing happens to a request that was taken out of the decision meanwhile.
    """
    # First the request, then what ties it: the order of everybody who decides.
    request = requests.lock(conn, request_id)
    if request is None or not conn.execute(_TAKE, [order.id, request_id]).rowcount:
        return ()
    if not _may(conn, request, order, settings):
        fail(conn, order, request_id, reason=NOT_YOURS)
        return ()
    try:
        with conn.transaction():
            outcome = decisions.decide(
                conn,
                request_id,
                order.decision,
                by=order.by,
                how=order.how,
                settings=settings,
            )
    except PermanentError as error:
        fail(conn, order, request_id, reason=str(sentence_of(error)))
        return ()
    if isinstance(outcome, Decided):
        return outcome.items
    if isinstance(outcome, AlreadyDecided):
        _end(conn, order, request_id, outcome="already")
    return ()


def _may(
    conn: "psycopg.Connection[Any]", request: Request, order: Order, settings: Settings
) -> bool:
    # Operators of the site, at its command line, hold no role.
    return order.how == "cli" or people.may_decide(
        conn, request, order.by, site_listmaster=settings.site.listmaster
    )


def fail(
    conn: "psycopg.Connection[Any]", order: Order, request_id: int, *, reason: str
) -> None:
    """Write down that a request could not be decided; it waits for another decision."""
    _end(conn, order, request_id, outcome="failed", reason=encoded_words.safe(reason))


def _end(
    conn: "psycopg.Connection[Any]",
    order: Order,
    request_id: int,
    *,
    outcome: str,
    reason: str = "",
) -> None:
    wanted = {
        "outcome": outcome,
        "reason": reason,
        "decision": order.id,
        "request": request_id,
    }
    conn.execute(_END, wanted)
