"""Decide: the first decision about a request, with all its effects, for ever.

The row lock makes two who decide in the same instant stand in line; the second one
finds the first one's decision and is told of it (design: decisions are idempotent).
"""

from collections.abc import Mapping
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.i18n.text import N_
from listhub.lists import audit, posting
from listhub.lists.moderation import request as requests
from listhub.lists.moderation.effects import Case, effects
from listhub.lists.moderation.outcomes import (
    OWN,
    STATES,
    Action,
    AlreadyDecided,
    Decided,
    Decision,
    Gone,
)
from listhub.lists.moderation.request import POST, How, Request
from listhub.lists.notices.moderation import REJECTIONS
from listhub.lists.said import SaidError
from listhub.mail import encoded_words
from listhub.mail.address import key

_DECIDE = """
UPDATE request
   SET state = %(state)s, decided_at = clock_timestamp(), decided_by = %(by)s,
       decided_how = %(how)s, reason = %(reason)s, claimed_by = NULL,
       claimed_until = NULL, topics = coalesce(%(topics)s, topics)
 WHERE id = %(id)s AND state = 'waiting'
"""
# The request is locked: whoever carries out the other decision finds it taken.
_OVERTAKE = """
UPDATE decision_request SET outcome = 'already', settled_at = clock_timestamp()
  FROM decision
 WHERE request_id = %s AND outcome = 'pending' AND decision.id = decision_id
RETURNING decision.decided_by
"""
_NOTE = """
UPDATE request SET note = note || CASE note WHEN '' THEN '' ELSE E'\\n' END
                  || to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || 'Z '
                  || %(by)s || ': ' || %(text)s
 WHERE id = %(id)s
"""


#: Decisions after which a post or a command goes its way.
_GO_ON = frozenset({Action.APPROVE, Action.CONFIRM})

#: Characters that somebody may be told.
LONGEST = 10_000
TOO_LONG = N_("The text is too long; %(most)s characters are enough.")
CLOSED = N_("The list %(list)s is closed: this can be rejected, not let through.")
NO_POST = N_(
    "This is no post: it has no sender to allow, block or report, and no topic."
)


def decide(
    conn: "psycopg.Connection[Any]",
    request_id: int,
    decision: Decision,
    *,
    by: str,
    how: How,
    settings: Settings,
) -> Decided | AlreadyDecided | Gone:
    """Decide a request, or learn who was first; whether `by` may is the caller's.

    `Decided.items` are to be put in the same transaction.  UsageError, and nothing
    decided, for a decision that the request does not take or that cannot be done (a
    list that is full): the caller rolls back.
    """
    request = requests.lock(conn, request_id)
    if request is None:
        return Gone()
    if request.state != "waiting":
        return AlreadyDecided(request=request)
    _check(request, decision)
    if decision.action in _GO_ON:
        _refuse_closed(conn, request)
    _write(conn, request, decision, by=by, how=how)
    other = request.claimed_by or ""
    claim_of = other if key(other) != key(by) else ""
    overtaken = _overtake(conn, request_id)
    others = {"claim_of": claim_of, "overtaken": overtaken}
    _note_decision(conn, request, decision, by=by, how=how, others=others)
    items = effects(
        Case(
            conn=conn,
            request=request,
            decision=decision,
            by=by,
            how=how,
            settings=settings,
        )
    )
    return Decided(
        request=request,
        decision=decision,
        items=items,
        claim_of=claim_of,
        overtaken=overtaken,
    )


def _write(
    conn: "psycopg.Connection[Any]",
    request: Request,
    decision: Decision,
    *,
    by: str,
    how: How,
) -> None:
    wanted = {
        "id": request.id,
        "state": STATES[decision.action],
        "by": encoded_words.safe(by),
        "how": how,
        "reason": lines(decision.text or decision.reason),
        "topics": None if decision.topics is None else list(decision.topics),
    }
    conn.execute(_DECIDE, wanted)


def _overtake(conn: "psycopg.Connection[Any]", request_id: int) -> str:
    """End another's decision that is on its way; return whose it was, "" if none is."""
    row = conn.execute(_OVERTAKE, [request_id]).fetchone()
    return row[0] if row else ""


def note(
    conn: "psycopg.Connection[Any]", request_id: int, text: str, *, by: str, how: How
) -> bool:
    """Leave a note for the others who may decide; False if there is no such request."""
    written = lines(text)
    values = {"id": request_id, "by": encoded_words.safe(by), "text": written}
    request = requests.load(conn, request_id)
    if request is None or not conn.execute(_NOTE, values).rowcount:
        return False
    audit.note(
        conn,
        actor=by,
        action="request.note",
        subject=request.address,
        list_id=request.list_id,
        detail={"request": request_id, "how": how, "note": written},
    )
    return True


def lines(text: str) -> str:
    """Return a text of several lines as the database can hold it."""
    return "\n".join(map(encoded_words.safe, text.splitlines())).strip()


def check(decision: Decision) -> None:
    """Refuse a decision that makes no sense whatever it is about: UsageError."""
    if decision.template not in REJECTIONS:
        raise UsageError(
            f"There is no text {shown(decision.template)} for rejected posts; there"
            f" are {', '.join(REJECTIONS)}."
        )
    if decision.allow and decision.action is not Action.APPROVE:
        raise UsageError("A sender is allowed only by approving what they sent.")
    if decision.block and decision.action is Action.APPROVE:
        raise UsageError("A sender is not blocked by approving what they sent.")
    if decision.text and decision.action is not Action.REJECT:
        raise UsageError("Only whoever is rejected is written to.")
    if max(map(len, (decision.text, decision.reason))) > LONGEST:
        raise SaidError(TOO_LONG, most=LONGEST)


def _check(request: Request, decision: Decision) -> None:
    """Refuse what makes no sense: a confirmation by others, a subscription as spam."""
    check(decision)
    own = request.waits_for == "person"
    if own is not (decision.action in OWN):
        who = "the person who asked" if own else "the people in charge"
        raise UsageError(
            f"Request {request.id} waits for {who}; it cannot be decided as"
            f" {decision.action}."
        )
    post = request.kind == POST
    extras = decision.allow or decision.block or decision.topics is not None
    if not post and (extras or decision.action is Action.SPAM):
        raise SaidError(NO_POST)


def _refuse_closed(conn: "psycopg.Connection[Any]", request: Request) -> None:
    """Let nothing go on at a list that was closed meanwhile; it may be rejected."""
    if request.list_id is None or request.kind == "create_list":
        return
    row = posting.find_list(conn, request.list_id)
    if row is None or row.status != "open":
        raise SaidError(CLOSED, list=request.address)


def _note_decision(
    conn: "psycopg.Connection[Any]",
    request: Request,
    decision: Decision,
    *,
    by: str,
    how: How,
    others: Mapping[str, str],
) -> None:
    detail = {
        "request": request.id,
        "kind": request.kind,
        "how": how,
        "author": request.author,
        "person": request.person,
        "what": request.what,
        "reason": lines(decision.text or decision.reason),
        "template": decision.template if decision.action is Action.REJECT else "",
        "allow": decision.allow,
        "block": decision.block,
        "quiet": decision.quiet,
        **others,
    }
    audit.note(
        conn,
        actor=by,
        action=f"request.{decision.action}",
        subject=request.address,
        list_id=request.list_id,
        detail={name: value for name, value in detail.items() if value},
    )
