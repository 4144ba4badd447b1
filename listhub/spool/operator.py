"""What an operator may do to an item: hold, release, retry, edit, drop.

The row is locked, judged, changed, and the change is written down in `audit`, all in
one savepoint or transaction.  The first effect wins: who asks for what is so already
is told who did it and when, and nothing changes.  An item that is being worked on is
left alone unless the operator insists: then its worker's settling comes to nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.errors import PermanentError, TemporaryError
from listhub.spool import audit
from listhub.spool.browse import past_item
from listhub.spool.ranking import PRIORITY_STEP

#: An operator waits so long for a worker that is just settling the item.
_PATIENCE = "3s"

_LOCK = """
SELECT id, stage, state, priority, list_id, reverse_path, recipient, reason, owner,
       lease_until,
       state = 'ready' AND coalesce(lease_until >= clock_timestamp(), false) AS leased
  FROM spool_item WHERE id = %s FOR UPDATE
"""

_HOLD = """
UPDATE spool_item SET state = 'held', due_at = NULL, lease_until = NULL, token = NULL
 WHERE id = %(id)s
"""

# A fresh rank: an old one could lie below a claimer's horizon.  Attempts restart, or
# what is retried by hand would be buried again at its first failure.
_MAKE_READY = """
UPDATE spool_item
   SET state = 'ready', rank = clock_timestamp() + priority * %(step)s, due_at = NULL,
       lease_until = NULL, token = NULL, attempts = 0
 WHERE id = %(id)s
"""

_MANY = """
WITH chosen AS MATERIALIZED (
    SELECT id FROM spool_item
     WHERE stage = %(stage)s AND state = ANY(%(states)s) AND id > %(after)s
     ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE spool_item AS item
   SET state = 'ready', rank = clock_timestamp() + priority * %(step)s, due_at = NULL,
       lease_until = NULL, token = NULL, attempts = 0
  FROM chosen WHERE item.id = chosen.id
RETURNING item.id
"""

_DROP = """
WITH gone AS (DELETE FROM spool_item WHERE id = %(id)s RETURNING *)
INSERT INTO spool_history (item_id, stage, verdict, note, owner, attempts, priority,
       list_id, body_id, ref, trace, message_id, reverse_path, recipient, meta,
       created_at)
SELECT id, stage, 'dropped', %(note)s, owner, attempts, priority, list_id, body_id,
       ref, trace, message_id, reverse_path, recipient, meta, created_at
  FROM gone
"""

_EDIT = """
UPDATE spool_item
   SET recipient = %(recipient)s, reverse_path = %(reverse_path)s,
       list_id = %(list_id)s, priority = %(priority)s,
       rank = rank + (%(priority)s - priority) * %(step)s
 WHERE id = %(id)s
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What an order came to; not `changed`: it was so already."""

    item: int
    changed: bool
    sentence: str
    stage: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    id: int
    stage: str
    state: str
    priority: int
    list_id: int | None
    reverse_path: str | None
    recipient: str | None
    reason: str | None
    owner: str | None
    lease_until: datetime | None
    leased: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """New values of an item's envelope; None leaves one as it is."""

    recipient: str | None = None
    #: With the recipient: the list that it means, if any.
    list_id: int | None = None
    reverse_path: str | None = None
    priority: int | None = None


def hold(
    conn: "psycopg.Connection[Any]", item_id: int, *, actor: str, force: bool = False
) -> Change:
    """Keep an item from being worked on until it is released.

    PermanentError if it is gone, buried, or in work and not `force`.
    """
    with conn.transaction():
        row = _lock(conn, item_id)
        if row.state == "held":
            return _already(conn, row)
        if row.state == "buried":
            raise PermanentError(
                f"Item {item_id} is buried: nobody works on it until it is retried."
            )
        _refuse_leased(row, force=force)
        conn.execute(_HOLD, {"id": item_id})
        _write_down(conn, row, actor=actor, action="hold", force=row.leased)
    return _changed(row, f"Item {item_id} is held.")


def release(conn: "psycopg.Connection[Any]", item_id: int, *, actor: str) -> Change:
    """Make a held or parked item ready; PermanentError if it is something else."""
    return _make_ready(
        conn, item_id, actor=actor, action="release", states=("held", "parked")
    )


def retry(conn: "psycopg.Connection[Any]", item_id: int, *, actor: str) -> Change:
    """Make a deferred or buried item ready now, its attempts forgotten."""
    return _make_ready(
        conn, item_id, actor=actor, action="retry", states=("deferred", "buried")
    )


def exhume(conn: "psycopg.Connection[Any]", item_id: int, *, actor: str) -> Change:
    """Make a buried item ready now, its attempts forgotten."""
    return _make_ready(conn, item_id, actor=actor, action="exhume", states=("buried",))


#: Which states the orders that make items ready are for.
TAKES: Mapping[str, Sequence[str]] = {
    "release": ("held", "parked"),
    "retry": ("deferred", "buried"),
    "exhume": ("buried",),
}


def make_many_ready(
    conn: "psycopg.Connection[Any]",
    *,
    stage: str,
    action: str,
    actor: str,
    after: int = 0,
    limit: int = 10_000,
) -> tuple[int, int]:
    """Do `action` (a key of TAKES) to a stage's items; return how many, and the last.

    One statement for up to `limit` items whose number is above `after`: each item
    is met once, however often it fails again meanwhile.  Zero: that was all.
    """
    with conn.transaction():
        numbers = [
            row[0]
            for row in conn.execute(
                _MANY,
                {
                    "stage": stage,
                    "states": list(TAKES[action]),
                    "after": after,
                    "limit": limit,
                    "step": PRIORITY_STEP,
                },
            )
        ]
        if numbers:
            audit.write(
                conn,
                actor=actor,
                action=action,
                object_=f"stage {stage}",
                list_id=None,
                detail={
                    "items": len(numbers),
                    "first": min(numbers),
                    "last": max(numbers),
                },
            )
    return len(numbers), max(numbers, default=after)


def drop(
    conn: "psycopg.Connection[Any]",
    item_id: int,
    *,
    actor: str,
    note: str = "",
    force: bool = False,
) -> Change:
    """End an item unworked: into history, with the verdict 'dropped'."""
    with conn.transaction():
        row = _find(conn, item_id)
        if row is None:
            ended = past_item(conn, item_id)
            if ended is None or ended.verdict != "dropped":
                raise _gone(conn, item_id)
            return Change(
                item=item_id,
                changed=False,
                sentence=f"Item {item_id} was dropped already,"
                f" {_moment(ended.settled_at)}: {ended.note}.",
            )
        _refuse_leased(row, force=force)
        why = f"{note or 'no reason given'} (by {actor})"
        conn.execute(_DROP, {"id": item_id, "note": why})
        _write_down(conn, row, actor=actor, action="drop", note=note, force=row.leased)
    return _changed(row, f"Item {item_id} is dropped.")


def edit(
    conn: "psycopg.Connection[Any]", item_id: int, new: Edit, *, actor: str
) -> Change:
    """Change an item's envelope; PermanentError while it is being worked on."""
    with conn.transaction():
        row = _lock(conn, item_id)
        _refuse_leased(row, force=False)
        old = {
            "recipient": row.recipient,
            "list_id": row.list_id,
            "reverse_path": row.reverse_path,
            "priority": row.priority,
        }
        values: dict[str, object] = {
            key: old[key] if getattr(new, key) is None else getattr(new, key)
            for key in old
        }
        if new.recipient is not None:
            values["list_id"] = new.list_id
        different = {
            key: [old[key], values[key]] for key in old if old[key] != values[key]
        }
        if not different:
            return Change(
                item=item_id,
                changed=False,
                sentence=f"Item {item_id} has these values already.",
                stage=row.stage,
            )
        conn.execute(_EDIT, {**values, "id": item_id, "step": PRIORITY_STEP})
        _write_down(conn, row, actor=actor, action="edit", changes=different)
    return _changed(row, f"Item {item_id}: {', '.join(different)} changed.")


def _make_ready(
    conn: "psycopg.Connection[Any]",
    item_id: int,
    *,
    actor: str,
    action: str,
    states: Sequence[str],
) -> Change:
    with conn.transaction():
        row = _lock(conn, item_id)
        if row.state == "ready":
            return _already(conn, row)
        if row.state not in states:
            better = next(name for name, takes in TAKES.items() if row.state in takes)
            raise PermanentError(
                f"Item {item_id} is {row.state}; use `listhub spool {better}`."
            )
        conn.execute(_MAKE_READY, {"id": item_id, "step": PRIORITY_STEP})
        _write_down(conn, row, actor=actor, action=action)
    return _changed(row, f"Item {item_id} is ready.")


def _lock(conn: "psycopg.Connection[Any]", item_id: int) -> _Row:
    row = _find(conn, item_id)
    if row is None:
        raise _gone(conn, item_id)
    return row


def _find(conn: "psycopg.Connection[Any]", item_id: int) -> _Row | None:
    conn.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
    try:
        with conn.cursor(row_factory=class_row(_Row)) as cursor:
            return cursor.execute(_LOCK, [item_id]).fetchone()
    except psycopg.errors.LockNotAvailable as error:
        raise TemporaryError(
            f"Item {item_id} is being settled at this moment; try again.",
            reason=str(error),
        ) from error


def _gone(conn: "psycopg.Connection[Any]", item_id: int) -> PermanentError:
    ended = past_item(conn, item_id)
    if ended is None:
        return PermanentError(f"There is no item {item_id} in the spool.")
    return PermanentError(
        f"Item {item_id} is not in the spool any more: it ended"
        f" {_moment(ended.settled_at)} as {ended.verdict}"
        + (f" ({ended.note})." if ended.note else ".")
    )


def _refuse_leased(row: _Row, *, force: bool) -> None:
    if row.leased and not force:
        until = f" until {row.lease_until:%H:%M:%S}" if row.lease_until else ""
        raise PermanentError(
            f"Item {row.id} is being worked on by {row.owner} (lease{until});"
            " try again, or take it away with --force."
        )


def _already(conn: "psycopg.Connection[Any]", row: _Row) -> Change:
    what = "in work" if row.leased else row.state
    last = audit.last(conn, row.id)
    who = f" ({last.action} by {last.actor}, {_moment(last.at)})" if last else ""
    return Change(
        item=row.id,
        changed=False,
        sentence=f"Item {row.id} is {what} already{who}.",
        stage=row.stage,
    )


def _changed(row: _Row, sentence: str) -> Change:
    return Change(item=row.id, changed=True, sentence=sentence, stage=row.stage)


def _write_down(
    conn: "psycopg.Connection[Any]",
    row: _Row,
    *,
    actor: str,
    action: str,
    **more: object,
) -> None:
    detail = {"stage": row.stage, "state": row.state, **more}
    if row.reason:
        detail["reason"] = row.reason.partition("\n")[0]
    audit.write(
        conn,
        actor=actor,
        action=action,
        object_=f"item {row.id}",
        list_id=row.list_id,
        detail=detail,
    )


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S %Z}"
