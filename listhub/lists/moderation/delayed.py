"""Delayed: decisions about one request or ten thousand, which workers carry out.

    schedule ──▶ pending ──▶ done       as decided
                    │  ├───▶ already    somebody else's decision took effect first
                    │  ├───▶ failed     could not be carried out; the reason is kept
                    │  └───▶ undone     taken back in time
                    └ shown on the request: who decides what, and until when to undo it

What is chosen is fixed when it is scheduled, by one statement; it answers at once
however much it is.  What destroys something can be undone for ten seconds, and of a
large decision whatever has not taken effect for longer.  A request has at most one
decision on its way; whoever comes second is told.  A decision by mail or one that needs
no delay does not wait: what takes effect first stands.
"""

import dataclasses
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import psycopg
from psycopg.types.json import Jsonb

from listhub.i18n.text import N_, Text
from listhub.lists import audit
from listhub.lists.moderation import choosing, request as requests
from listhub.lists.moderation.choosing import ALL, Filter
from listhub.lists.moderation.decide import check
from listhub.lists.moderation.outcomes import (
    Action,
    AlreadyDecided,
    Decision,
    Gone,
)
from listhub.lists.moderation.reach import Reach
from listhub.lists.moderation.request import How, Request
from listhub.lists.said import SaidError
from listhub.mail import encoded_words
from listhub.mail.address import key
from listhub.spool.items import NewItem

STAGE = "decide"
#: How long something that destroys can be undone.
UNDO = timedelta(seconds=10)
#: Requests of one item: a second's work, so that many workers share a large decision.
CHUNK = 100
#: Requests of one decision.
MOST = 100_000
#: Decided by somebody, being decided by somebody, or not this person's to decide.
Because = Literal["decided", "pending", "denied"]
_DESTRUCTIVE = frozenset({Action.REJECT, Action.DISCARD, Action.SPAM})

ONE_TEXT = N_(
    "A text that was edited is for one post; for several choose a text and add words."
)
NOT_YOURS = N_("This does not wait for a decision of yours.")
ONCE_MORE = N_("Somebody has just undone a decision about it; decide once more.")

_INSERT = """
INSERT INTO decision (action, options, selection, decided_by, decided_how, due_at, total)
VALUES (%(action)s, %(options)s, %(selection)s, %(by)s, %(how)s,
        clock_timestamp() + %(delay)s, 0)
RETURNING id, due_at
"""
# In the order of the numbers: two who choose the same wait for each other, and neither
# for ever.
_CHOOSE = """
INSERT INTO decision_request (decision_id, request_id)
SELECT %(decision)s, request.id FROM request WHERE {condition}
 ORDER BY request.id LIMIT %(most)s
    ON CONFLICT (request_id) WHERE outcome = 'pending' DO NOTHING
RETURNING request_id
"""
_TOTAL = "UPDATE decision SET total = %s WHERE id = %s"
_FORGET = "DELETE FROM decision WHERE id = %s"
_IN_THE_WAY = """
SELECT request_id, decision.decided_by, decision.action
  FROM decision_request JOIN decision ON decision.id = decision_id
 WHERE request_id = ANY(%s) AND outcome = 'pending'
"""
_UNDO = """
WITH left_over AS MATERIALIZED (
    SELECT decision_id, request_id FROM decision_request
     WHERE decision_id = %(id)s AND outcome = 'pending'
     ORDER BY request_id FOR UPDATE)
UPDATE decision_request AS undone
   SET outcome = 'undone', settled_at = clock_timestamp()
  FROM left_over
 WHERE (undone.decision_id, undone.request_id)
       = (left_over.decision_id, left_over.request_id)
RETURNING undone.request_id
"""
_UNDONE = """
UPDATE decision SET undone_at = clock_timestamp(), undone_by = %(by)s WHERE id = %(id)s
"""
_OWNER = "SELECT decided_by, total FROM decision WHERE id = %s"
_PURGE = """
DELETE FROM decision WHERE id IN (
    SELECT id FROM decision WHERE created_at < now() - %s AND NOT EXISTS (
        SELECT FROM decision_request WHERE decision_id = decision.id
           AND outcome = 'pending')
     ORDER BY created_at LIMIT %s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A request that was named and is not part of the decision, and why."""

    request_id: int
    why: Because
    sentence: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A decision on its way; `items` are to be put in the same transaction."""

    #: None where nothing was left to decide.
    decision_id: int | None
    #: How many requests it is about.
    total: int
    #: Until then it can be undone.
    due_at: datetime
    #: Of those that were named one by one.
    left_out: tuple[LeftOut, ...] = ()
    items: tuple[NewItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A decision was taken back for as many requests as it was not too late for."""

    taken_back: int
    too_late: int

    @property
    def sentence(self) -> Text:
        """What came of undoing."""
        if not self.too_late:
            return Text(N_("Undone; it waits again."))
        if not self.taken_back:
            return Text(N_("It was too late to undo that."))
        return Text(
            N_("Undone for %(undone)s; for %(late)s it was too late."),
            undone=self.taken_back,
            late=self.too_late,
        )


def is_destructive(decision: Decision) -> bool:
    """Tell whether a decision ends something, so that it can be undone for a while."""
    return decision.action in _DESTRUCTIVE


def schedule(
    conn: "psycopg.Connection[Any]",
    reach: Reach,
    selection: Filter | Sequence[int],
    decision: Decision,
    *,
    by: str,
    how: How,
    delay: timedelta | None = None,
) -> Scheduled:
    """Have workers decide what is chosen: requests by number, or all that a filter means.

    Only what `reach` holds now, and only what waits and has no decision on its way; the
    right to decide is looked at again when it is carried out.  Without `delay` what is
    destructive waits for `UNDO`, and the rest for nothing.  UsageError for a decision
    that makes no sense.
    """
    check(decision)
    chosen = selection if isinstance(selection, Filter) else None
    named = () if isinstance(selection, Filter) else tuple(dict.fromkeys(selection))
    if decision.text and (chosen or len(named) > 1):
        raise SaidError(ONE_TEXT)
    if delay is None:
        delay = UNDO if is_destructive(decision) else timedelta(0)
    number, due_at = _insert(conn, decision, chosen, by=by, how=how, delay=delay)
    ids = _choose(conn, reach, chosen or named, decision_id=number)
    taken = set(ids)
    left_out = _left_out(conn, reach, [each for each in named if each not in taken])
    if not ids:
        conn.execute(_FORGET, [number])
        return Scheduled(decision_id=None, total=0, due_at=due_at, left_out=left_out)
    conn.execute(_TOTAL, [len(ids), number])
    if len(ids) > 1:
        _note(conn, "decision.schedule", number, by=by, how=how, total=len(ids))
    return Scheduled(
        decision_id=number,
        total=len(ids),
        due_at=due_at,
        left_out=left_out,
        items=_items(number, ids),
    )


def on_the_way(
    conn: "psycopg.Connection[Any]", request_id: int
) -> tuple[Action, str] | None:
    """Return what is on its way for a request, and who decided so; None if nothing is."""
    row = conn.execute(_IN_THE_WAY, [[request_id]]).fetchone()
    return (Action(row[2]), row[1]) if row else None


def undo(
    conn: "psycopg.Connection[Any]", decision_id: int, *, by: str, how: How
) -> Undone | Gone:
    """Take back one's own decision, as far as it has not taken effect."""
    row = conn.execute(_OWNER, [decision_id]).fetchone()
    if row is None or key(row[0]) != key(by):
        return Gone()
    undone = [each[0] for each in conn.execute(_UNDO, {"id": decision_id})]
    if undone:
        conn.execute(_UNDONE, {"id": decision_id, "by": encoded_words.safe(by)})
        _note(conn, "decision.undo", decision_id, by=by, how=how, total=len(undone))
    return Undone(taken_back=len(undone), too_late=row[1] - len(undone))


def purge(conn: "psycopg.Connection[Any]", *, age: timedelta, limit: int = 1000) -> int:
    """Forget decisions that were taken longer ago than `age`; return how many."""
    return conn.execute(_PURGE, [age, limit]).rowcount


def options(decision: Decision) -> dict[str, Any]:
    """Return all of a decision but its action, as JSON has it."""
    given = dataclasses.asdict(decision)
    del given["action"]
    return given


def decision_of(action: str, given: dict[str, Any]) -> Decision:
    """Return the decision that was written down."""
    known = {field.name for field in dataclasses.fields(Decision)}
    fields = {name: value for name, value in given.items() if name in known}
    if fields.get("topics") is not None:
        fields["topics"] = tuple(fields["topics"])
    return Decision(action=Action(action), **fields)


def _insert(
    conn: "psycopg.Connection[Any]",
    decision: Decision,
    chosen: Filter | None,
    *,
    by: str,
    how: How,
    delay: timedelta,
) -> tuple[int, datetime]:
    row = conn.execute(
        _INSERT,
        {
            "action": decision.action,
            "options": Jsonb(options(decision)),
            "selection": Jsonb(chosen.written() if chosen else {}),
            "by": encoded_words.safe(by),
            "how": how,
            "delay": delay,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT … RETURNING one row
    return row[0], row[1]


def _choose(
    conn: "psycopg.Connection[Any]",
    reach: Reach,
    selection: Filter | Sequence[int],
    *,
    decision_id: int,
) -> list[int]:
    """Tie requests to a decision for good; return their numbers in order."""
    if isinstance(selection, Filter):
        condition, values = choosing.condition(reach, selection)
    else:
        condition, values = choosing.condition(reach, ALL)
        condition = f"request.id = ANY(%(named)s) AND {condition}"
        values["named"] = list(selection)
    query = _CHOOSE.format(condition=condition).encode()
    rows = conn.execute(query, {**values, "decision": decision_id, "most": MOST})
    return sorted(row[0] for row in rows)


def _items(decision_id: int, ids: Sequence[int]) -> tuple[NewItem, ...]:
    trace = uuid.uuid4()
    chunks = (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
    return tuple(
        item(decision_id, first=chunk[0], last=chunk[-1], trace=trace)
        for chunk in chunks
    )


def item(decision_id: int, *, first: int, last: int, trace: uuid.UUID) -> NewItem:
    """Return the work of carrying out a decision for requests from `first` to `last`."""
    meta = {"first": first, "last": last}
    return NewItem(stage=STAGE, trace=trace, ref=decision_id, meta=meta)


def _left_out(
    conn: "psycopg.Connection[Any]", reach: Reach, ids: Sequence[int]
) -> tuple[LeftOut, ...]:
    """Say of each of these why it is not part of a decision."""
    if not ids:
        return ()
    known = {each.id: each for each in requests.load_all(conn, ids)}
    on_way = {row[0]: row[1:] for row in conn.execute(_IN_THE_WAY, [list(ids)])}
    return tuple(
        _why_not(reach, each, known.get(each), on_way.get(each)) for each in ids
    )


def _why_not(
    reach: Reach,
    request_id: int,
    request: Request | None,
    on_way: tuple[str, str] | None,
) -> LeftOut:
    why: Because
    if request is None or not reach.covers(request):
        why, sentence = "denied", Text(NOT_YOURS)
    elif request.state != "waiting":
        why, sentence = "decided", AlreadyDecided(request=request).sentence
    elif on_way is not None:
        why, sentence = "pending", on_its_way(Action(on_way[1]), who=on_way[0])
    else:
        # Whoever was in the way has just undone it.
        why, sentence = "pending", Text(ONCE_MORE)
    return LeftOut(request_id=request_id, why=why, sentence=sentence)


def _note(
    conn: "psycopg.Connection[Any]",
    action: str,
    decision_id: int,
    *,
    by: str,
    how: How,
    total: int,
) -> None:
    audit.note(
        conn,
        actor=by,
        action=action,
        subject=f"decision {decision_id}",
        detail={"decision": decision_id, "how": how, "total": total},
    )


#: What is told of a request that somebody is deciding.
_ON_ITS_WAY = {
    Action.APPROVE: N_("It is being approved by %(who)s."),
    Action.REJECT: N_("It is being rejected by %(who)s."),
    Action.DISCARD: N_("It is being discarded by %(who)s."),
    Action.SPAM: N_("It is being reported as spam by %(who)s."),
}


def on_its_way(action: Action, *, who: str) -> Text:
    """Say who is deciding a request, and what."""
    return Text(_ON_ITS_WAY[action], who=who)
