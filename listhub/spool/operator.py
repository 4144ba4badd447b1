"""What an operator does to one item: hold, release, retry, exhume, drop, edit.

The single orders are those of `orders`, patient and with an error where they are
refused; an edit of the envelope is here.  Whatever changes is written down in `audit`,
all in one savepoint or transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.errors import PermanentError, TemporaryError
from listhub.spool import audit, meanwhile, orders
from listhub.spool.meanwhile import TAKES, Action, Change
from listhub.spool.orders import Asked, Order
from listhub.spool.ranking import PRIORITY_STEP

__all__ = ["TAKES", "Change"]

#: An operator waits so long for a worker that is just settling the item.
_PATIENCE = "3s"

_LOCK = """
SELECT id, stage, state, priority, list_id, reverse_path, recipient, owner,
       lease_until,
       state = 'ready' AND coalesce(lease_until >= clock_timestamp(), false) AS leased
  FROM spool_item WHERE id = %s FOR UPDATE
"""

_MANY = """
WITH chosen AS MATERIALIZED (
    SELECT id FROM spool_item
     WHERE stage = %(stage)s AND state = ANY(%(states)s) AND id > %(after)s
     ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE spool_item AS item
   SET state = 'ready', rank = clock_timestamp() + priority * %(step)s, due_at = NULL,
       lease_until = NULL, token = NULL, attempts = 0, since = clock_timestamp(),
       error = NULL
  FROM chosen WHERE item.id = chosen.id
RETURNING item.id
"""

_EDIT = """
UPDATE spool_item
   SET recipient = %(recipient)s, reverse_path = %(reverse_path)s,
       list_id = %(list_id)s, priority = %(priority)s,
       rank = rank + (%(priority)s - priority) * %(step)s
 WHERE id = %(id)s
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """What of an item can be edited."""

    recipient: str | None
    list_id: int | None
    reverse_path: str | None
    priority: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    id: int
    stage: str
    state: str
    priority: int
    list_id: int | None
    reverse_path: str | None
    recipient: str | None
    owner: str | None
    lease_until: datetime | None
    leased: bool

    @property
    def envelope(self) -> Envelope:
        return Envelope(
            recipient=self.recipient,
            list_id=self.list_id,
            reverse_path=self.reverse_path,
            priority=self.priority,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """New values of an item's envelope; None leaves one as it is."""

    recipient: str | None = None
    #: With the recipient: the list that it means, if any.
    list_id: int | None = None
    reverse_path: str | None = None
    priority: int | None = None


def hold(
    conn: "psycopg.Connection[Any]",
    item_id: int,
    *,
    actor: str,
    how: str = "cli",
    force: bool = False,
) -> Change:
    """Keep an item from being worked on until it is released.

    PermanentError if it is gone, buried, or in work and not `force`.
    """
    return _one(conn, item_id, Order(action="hold", actor=actor, how=how, force=force))


def release(
    conn: "psycopg.Connection[Any]", item_id: int, *, actor: str, how: str = "cli"
) -> Change:
    """Make a held or parked item ready; PermanentError if it is something else."""
    return _one(conn, item_id, Order(action="release", actor=actor, how=how))


def retry(
    conn: "psycopg.Connection[Any]", item_id: int, *, actor: str, how: str = "cli"
) -> Change:
    """Make a deferred or buried item ready now, its attempts forgotten."""
    return _one(conn, item_id, Order(action="retry", actor=actor, how=how))


def exhume(
    conn: "psycopg.Connection[Any]", item_id: int, *, actor: str, how: str = "cli"
) -> Change:
    """Make a buried item ready now, its attempts forgotten."""
    return _one(conn, item_id, Order(action="exhume", actor=actor, how=how))


def drop(
    conn: "psycopg.Connection[Any]",
    item_id: int,
    *,
    actor: str,
    how: str = "cli",
    note: str = "",
    force: bool = False,
) -> Change:
    """End an item unworked: into history, with the verdict 'dropped'."""
    order = Order(action="drop", actor=actor, how=how, note=note, force=force)
    return _one(conn, item_id, order)


def _one(conn: "psycopg.Connection[Any]", item_id: int, order: Order) -> Change:
    [change] = orders.carry_out(conn, order, [Asked(item=item_id)], patient=True)
    if change.outcome == "busy":
        raise TemporaryError(change.sentence)
    if change.outcome in {"refused", "gone"}:
        raise PermanentError(change.sentence)
    return change


def make_many_ready(
    conn: "psycopg.Connection[Any]",
    *,
    stage: str,
    action: Action,
    actor: str,
    after: int = 0,
    limit: int = 10_000,
) -> tuple[int, int]:
    """Do release, retry or exhume to a stage's items; return how many, and the last.

    One statement for up to `limit` items whose number is above `after`: each item
    is met once, however often it fails again meanwhile.  Zero: that was all.  Written
    down as one deed, not item by item: a stage may hold a million.
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


def edit(
    conn: "psycopg.Connection[Any]",
    item_id: int,
    new: Edit,
    *,
    actor: str,
    how: str = "cli",
    expected: Envelope | None = None,
) -> Change:
    """Change an item's envelope; PermanentError while it is being worked on.

    Also if the envelope is not as `expected`: who had it before them is told of the
    change that came between.
    """
    with conn.transaction():
        row = _lock(conn, item_id)
        if row.leased:
            raise PermanentError(meanwhile.in_work(row.id, row.owner, row.lease_until))
        old = row.envelope
        if expected is not None and expected != old:
            raise PermanentError(_otherwise(conn, row))
        after = _edited(old, new)
        names = Envelope.__slots__
        different = {
            name: [getattr(old, name), getattr(after, name)]
            for name in names
            if getattr(old, name) != getattr(after, name)
        }
        if not different:
            return Change(
                item=item_id,
                changed=False,
                outcome="already",
                sentence=f"Item {item_id} has these values already.",
                stage=row.stage,
                state=row.state,
            )
        values = {name: getattr(after, name) for name in names}
        conn.execute(_EDIT, {**values, "id": item_id, "step": PRIORITY_STEP})
        detail = {"stage": row.stage, "state": row.state, "how": how}
        audit.write(
            conn,
            actor=actor,
            action="edit",
            object_=f"item {row.id}",
            list_id=row.list_id,
            detail={**detail, "changes": different},
        )
    return Change(
        item=row.id,
        changed=True,
        sentence=f"Item {item_id}: {', '.join(different)} changed.",
        stage=row.stage,
        state=row.state,
    )


def _edited(old: Envelope, new: Edit) -> Envelope:
    """Return the envelope with the new values; a recipient brings its list along."""
    return Envelope(
        recipient=old.recipient if new.recipient is None else new.recipient,
        list_id=old.list_id if new.recipient is None else new.list_id,
        reverse_path=old.reverse_path if new.reverse_path is None else new.reverse_path,
        priority=old.priority if new.priority is None else new.priority,
    )


def _lock(conn: "psycopg.Connection[Any]", item_id: int) -> _Row:
    conn.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
    try:
        with conn.cursor(row_factory=class_row(_Row)) as cursor:
            row = cursor.execute(_LOCK, [item_id]).fetchone()
    except psycopg.errors.LockNotAvailable as error:
        raise TemporaryError(
            f"Item {item_id} is being settled at this moment; try again.",
            reason=str(error),
        ) from error
    if row is None:
        facts = meanwhile.facts(conn, [item_id])
        gone = meanwhile.explain("hold", item_id, facts.get(item_id))
        raise PermanentError(gone.sentence)
    return row


def _otherwise(conn: "psycopg.Connection[Any]", row: _Row) -> str:
    last = audit.last(conn, row.id)
    who = (
        f": {last.action} by {last.actor}, {meanwhile.moment(last.at)}" if last else ""
    )
    return f"Item {row.id} was changed meanwhile{who}; look at it again."
