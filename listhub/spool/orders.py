"""Orders of operators, carried out on one item or on ten thousand alike.

One statement locks the items, judges each, changes those it is for, and writes down
every change in `audit`; a second one tells what became of the others.  So a bulk of
10,000 takes well under a second and needs no worker, no progress and no state between
pages: who gives more than MOST goes on behind the last one, a commit for each.

The first effect wins.  `expected` is the state that the operator saw: where it is
another by now nothing happens, and the change says who did what meanwhile.  An item
that is being worked on is left alone unless the operator insists: then its worker's
settling comes to nothing.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from listhub.errors import TemporaryError
from listhub.spool import chosen, meanwhile
from listhub.spool.chosen import LEASED, SHOWN_STATE, Filter
from listhub.spool.meanwhile import TAKES, Action, Change
from listhub.spool.ranking import PRIORITY_STEP

#: The most items that one statement changes.
MOST = 10_000

#: An operator waits so long for a worker that is just settling an item.
_PATIENCE = "3s"

#: Orders that a worker may be in the way of.
FORCEABLE = frozenset({"hold", "drop"})

_CARRY_OUT = """
WITH asked AS (
    SELECT * FROM json_to_recordset(%(asked)s::json) AS asked (id bigint, seen text)
), chosen AS MATERIALIZED (
    SELECT item.id, item.stage, item.list_id, item.state, item.reason,
           {shown} AS shown
      FROM spool_item AS item JOIN asked ON asked.id = item.id
     WHERE {shown} = ANY(%(takes)s)
       AND (coalesce(asked.seen, {shown}) = {shown}
            OR item.state = 'ready' AND asked.seen IN ('ready', 'leased'))
     ORDER BY item.id FOR UPDATE OF item {wait}
), changed AS ({change}
), noted AS (
    INSERT INTO audit (actor, action, object, list_id, detail)
    SELECT %(actor)s, 'spool.' || %(action)s, 'item ' || id, list_id,
           jsonb_strip_nulls(jsonb_build_object(
               'stage', stage, 'state', state, 'how', %(how)s::text,
               'note', nullif(%(note)s, ''), 'force', nullif(shown = 'leased', false),
               'reason', nullif(left(split_part(reason, E'\\n', 1), 500), '')))
      FROM chosen
)
SELECT id, stage, shown FROM chosen ORDER BY id
"""

_HOLD = """
    UPDATE spool_item AS item
       SET state = 'held', due_at = NULL, lease_until = NULL, token = NULL,
           since = clock_timestamp()
      FROM chosen WHERE item.id = chosen.id
"""

# A fresh rank: an old one could lie below a claimer's horizon.  Attempts restart, or
# what is retried by hand would be buried again at its first failure.
_MAKE_READY = """
    UPDATE spool_item AS item
       SET state = 'ready', rank = clock_timestamp() + priority * %(step)s,
           due_at = NULL, lease_until = NULL, token = NULL, attempts = 0,
           since = clock_timestamp(), error = NULL
      FROM chosen WHERE item.id = chosen.id
"""

_DROP = """
    INSERT INTO spool_history (item_id, stage, verdict, note, owner, attempts, priority,
           list_id, body_id, ref, trace, message_id, reverse_path, recipient, meta,
           created_at)
    SELECT id, stage, 'dropped', %(why)s, owner, attempts, priority, list_id, body_id,
           ref, trace, message_id, reverse_path, recipient, meta, created_at
      FROM gone
"""

_CHANGES = {"hold": _HOLD, "drop": _DROP}

_GONE = """
gone AS (
    DELETE FROM spool_item AS item USING chosen WHERE item.id = chosen.id
    RETURNING item.*
), changed AS ("""

_DONE = {
    "hold": "Item {id} is held.",
    "drop": "Item {id} is dropped.",
}
_READY = "Item {id} is ready."

_COUNT = "SELECT count(*) FROM (SELECT FROM spool_item WHERE {condition} LIMIT %(most)s) AS one"
_CHOOSE = "SELECT id FROM spool_item WHERE {condition} ORDER BY id LIMIT %(limit)s"


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is to be done, by whom, and by which door it came."""

    action: Action
    actor: str
    #: cli, web or api.
    how: str = "cli"
    #: Why; it is kept in the history of what is dropped, and in the audit.
    note: str = ""
    #: Take items away from workers that are at them (hold and drop).
    force: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """An item, and the state in which it was seen, if that matters."""

    item: int
    #: One of `chosen.STATES`.
    expected: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Bulk:
    """What an order came to, item by item; `after` begins what is left."""

    changes: tuple[Change, ...]
    #: The last item that was met; None: there is nothing behind it.
    after: int | None = None

    @property
    def changed(self) -> int:
        return sum(change.changed for change in self.changes)

    @property
    def stages(self) -> frozenset[str]:
        """The rooms whose workers are to be woken after the commit."""
        return frozenset(one.stage for one in self.changes if one.changed)


def carry_out(
    conn: "psycopg.Connection[Any]",
    order: Order,
    asked: Iterable[Asked],
    *,
    patient: bool = False,
) -> list[Change]:
    """Carry out an order on up to MOST items; return what it came to, in their order.

    Three statements at most.  An item that is just being settled is passed over, or
    waited for by the `patient`: TemporaryError if that takes too long.
    """
    wanted = list({each.item: each for each in asked}.values())
    if len(wanted) > MOST:
        raise ValueError(f"more than {MOST} items at once")
    if not wanted:
        return []
    with conn.transaction():
        done = _changed(conn, order, wanted, patient=patient)
        left = [each.item for each in wanted if each.item not in done]
        facts = meanwhile.facts(conn, left) if left else {}
    return [
        done.get(each.item)
        or meanwhile.explain(
            order.action, each.item, facts.get(each.item), expected=each.expected
        )
        for each in wanted
    ]


def carry_out_on(
    conn: "psycopg.Connection[Any]", order: Order, wanted: Filter, *, limit: int = MOST
) -> Bulk:
    """Carry out an order on the first `limit` items that a filter means.

    Without a state in the filter only those are met that the order is for.  The next
    call goes on with `after`; each item is met once, whatever becomes of it.
    """
    query = sql.SQL(_CHOOSE).format(condition=sql.SQL(_meant(order, wanted)))
    limit = min(limit, MOST)
    rows = conn.execute(query, {**chosen.values(wanted), "limit": limit}).fetchall()
    numbers = [row[0] for row in rows]
    changes = carry_out(
        conn, order, [Asked(item=n, expected=wanted.state) for n in numbers]
    )
    full = len(numbers) == limit
    return Bulk(changes=tuple(changes), after=numbers[-1] if full and numbers else None)


def count(
    conn: "psycopg.Connection[Any]", order: Order, wanted: Filter, *, most: int
) -> int:
    """Return how many items `carry_out_on` would meet, counted up to `most`."""
    query = sql.SQL(_COUNT).format(condition=sql.SQL(_meant(order, wanted)))
    row = conn.execute(query, {**chosen.values(wanted), "most": most}).fetchone()
    return int(row[0]) if row else 0


def _meant(order: Order, wanted: Filter) -> str:
    if wanted.state is not None:
        return chosen.condition(wanted)
    takes = [*TAKES[order.action], *([LEASED] if order.force else [])]
    each = (chosen.condition(replace(wanted, state=state)) for state in takes)
    return " OR ".join(f"({one})" for one in each)


def _changed(
    conn: "psycopg.Connection[Any]",
    order: Order,
    wanted: Sequence[Asked],
    *,
    patient: bool,
) -> dict[int, Change]:
    if patient:
        conn.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
    try:
        rows = conn.execute(_statement(order, patient=patient), _values(order, wanted))
    except psycopg.errors.LockNotAvailable as error:
        raise TemporaryError(
            f"{meanwhile.one_or_many([each.item for each in wanted])} being settled at"
            " this moment; try again.",
            reason=str(error),
        ) from error
    return {
        row[0]: Change(
            item=row[0],
            changed=True,
            outcome="done",
            sentence=_DONE.get(order.action, _READY).format(id=row[0]),
            stage=row[1],
            state=row[2],
        )
        for row in rows
    }


def _statement(order: Order, *, patient: bool) -> sql.Composed:
    text = _CARRY_OUT
    if order.action == "drop":
        text = text.replace("changed AS (", _GONE.strip(), 1)
    return sql.SQL(text).format(
        shown=sql.SQL(SHOWN_STATE),
        wait=sql.SQL("" if patient else "SKIP LOCKED"),
        change=sql.SQL(_CHANGES.get(order.action, _MAKE_READY)),
    )


def _values(order: Order, wanted: Sequence[Asked]) -> dict[str, object]:
    forced = order.force and order.action in FORCEABLE
    return {
        "asked": json.dumps([{"id": one.item, "seen": one.expected} for one in wanted]),
        "takes": [*TAKES[order.action], *([LEASED] if forced else [])],
        "actor": order.actor,
        "action": order.action,
        "how": order.how,
        "note": order.note,
        "why": f"{order.note or 'no reason given'} (by {order.actor})",
        "step": PRIORITY_STEP,
    }
