"""Undo: what was done automatically is taken back exactly, one by one or a whole day.

A membership that was ended comes back with its number and all its options, so the links
and reverse-paths of its old copies hold again.  What was reported until now no longer
counts, or the next evaluation would do the same once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from listhub.errors import UsageError
from listhub.lists import audit
from listhub.lists.bouncing import actions

_FIND = """
SELECT action.id, action.list_id, list.address AS list, action.subscription_id,
       action.address, action.action, action.why, action.before, action.at,
       action.outcome, action.undone_at, action.undone_by
  FROM bounce_action AS action JOIN mailing_list AS list ON list.id = action.list_id
"""
_ONE = f"{_FIND} WHERE action.id = %s AND action.action <> 'reset'"
_OF_DAY = f"""{_FIND}
 WHERE action.at >= %(day)s::timestamp AT TIME ZONE 'UTC'
   AND action.at < (%(day)s::timestamp + interval '1 day') AT TIME ZONE 'UTC'
   AND (%(list_id)s::bigint IS NULL OR action.list_id = %(list_id)s)
   AND action.action <> 'reset' AND action.undone_at IS NULL
"""
_DONE = """
UPDATE bounce_action
   SET undone_at = now(), undone_by = %(actor)s,
       outcome = CASE WHEN action = 'probe' AND outcome = '' THEN 'cleared'
                 ELSE outcome END
 WHERE id = %(id)s AND undone_at IS NULL
"""
# Only what is as we left it: who has chosen otherwise since keeps that.
_RESUME = """
UPDATE subscription
   SET suspended_at = before.suspended_at, suspended_until = before.suspended_until,
       changed_at = now()
  FROM jsonb_populate_record(NULL::subscription, %(row)s) AS before
 WHERE subscription.id = before.id AND subscription.suspended_at = %(at)s
   AND subscription.suspended_until IS NULL
"""
_STANDS = """
SELECT EXISTS (SELECT FROM person WHERE id = %(person_id)s),
       EXISTS (SELECT FROM subscription
                WHERE list_id = %(list_id)s AND person_id = %(person_id)s)
"""
_COLUMNS = """
SELECT attname FROM pg_attribute
 WHERE attrelid = 'subscription'::regclass AND attnum > 0 AND NOT attisdropped
"""
_BRING_BACK = """
INSERT INTO subscription ({columns}) OVERRIDING SYSTEM VALUE
SELECT {columns} FROM jsonb_populate_record(NULL::subscription, %s)
"""
_UNEXCLUDE = """
DELETE FROM exclusion USING person
 WHERE exclusion.list_id = %(list_id)s AND person.id = %(person_id)s
   AND exclusion.address_key = person.address_key
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """An action that is to be undone."""

    id: int
    list_id: int
    list: str
    subscription_id: int
    address: str
    action: str
    why: str
    before: Mapping[str, Any]
    at: datetime
    outcome: str
    undone_at: datetime | None
    undone_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What became of it: a sentence, and whether anything was changed."""

    id: int
    list: str
    address: str
    action: str
    sentence: str
    changed: bool


def undo(conn: "psycopg.Connection[Any]", action_id: int, *, actor: str) -> Undone:
    """Take one action back; UsageError for one that there is not.

    Twice does it once, and says who did it first.
    """
    found = _find(conn, _ONE, [action_id])
    if not found:
        raise UsageError(f"There is no action {action_id} because of bounces.")
    actions.lock_list(conn, found[0].list_id)
    return _undo(conn, _find(conn, _ONE, [action_id])[0], actor=actor)


def undo_day(
    conn: "psycopg.Connection[Any]",
    day: date,
    *,
    list_id: int | None = None,
    actor: str,
) -> list[Undone]:
    """Take back all that was done on a day (UTC), on one list or on all, newest first."""
    values = {"day": day, "list_id": list_id}
    for each in sorted({one.list_id for one in _find(conn, _OF_DAY, values)}):
        # In this order everywhere: nobody waits for somebody who waits for them.
        actions.lock_list(conn, each)
    found = _find(conn, _OF_DAY, values)
    return [_undo(conn, one, actor=actor) for one in reversed(found)]


def _find(conn: "psycopg.Connection[Any]", query: str, values: Any) -> list[Undoing]:
    with conn.cursor(row_factory=class_row(Undoing)) as cursor:
        statement = f"{query} ORDER BY action.id".encode()
        return cursor.execute(statement, values).fetchall()


def _undo(conn: "psycopg.Connection[Any]", one: Undoing, *, actor: str) -> Undone:
    if one.undone_at is not None:
        said = f"{one.undone_by} has undone action {one.id} already."
        return _said(one, said, changed=False)
    said = _take_back(conn, one)
    conn.execute(_DONE, {"id": one.id, "actor": actor})
    actions.reset(conn, one.list_id, one.subscription_id, one.address, why=actor)
    audit.note(
        conn,
        actor=actor,
        action="bounce.undo",
        subject=one.list,
        list_id=one.list_id,
        detail={"bounce_action": one.id, "action": one.action, "address": one.address},
    )
    return _said(one, said, changed=True)


def _take_back(conn: "psycopg.Connection[Any]", one: Undoing) -> str:
    match one.action:
        case "remove":
            return _bring_back(conn, one)
        case "suspend":
            row = Jsonb(one.before["subscription"])
            if conn.execute(_RESUME, {"row": row, "at": one.at}).rowcount:
                return f"{one.address} gets mail from {one.list} again."
            return f"{one.address} has chosen otherwise on {one.list} since."
        case "probe":
            return f"The probe of {one.address} is no longer waited for."
        case _:
            return f"The reports about {one.address} count no longer."


def _bring_back(conn: "psycopg.Connection[Any]", one: Undoing) -> str:
    row: dict[str, Any] = one.before["subscription"]
    there = conn.execute(_STANDS, row).fetchone()
    known, member = there or (False, False)
    if not known:
        raise UsageError(
            f"{one.address} cannot come back to {one.list}: the person was erased."
        )
    if not one.before.get("excluded"):
        conn.execute(_UNEXCLUDE, row)
    conn.execute("DELETE FROM suppression WHERE action_id = %s", [one.id])
    if member:
        return f"{one.address} is a member of {one.list} again already."
    # A later release may have more columns: they get their defaults.
    kept = [name for (name,) in conn.execute(_COLUMNS) if name in row]
    columns = sql.SQL(", ").join(map(sql.Identifier, kept))
    conn.execute(sql.SQL(_BRING_BACK).format(columns=columns), [Jsonb(row)])
    return f"{one.address} is a member of {one.list} again."


def _said(one: Undoing, sentence: str, *, changed: bool) -> Undone:
    return Undone(
        id=one.id,
        list=one.list,
        address=one.address,
        action=one.action,
        sentence=sentence,
        changed=changed,
    )
