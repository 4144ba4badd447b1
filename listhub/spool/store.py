"""Put, claim, settle, release, sweep: the only SKIP LOCKED in the system.

Every function takes a psycopg connection and never commits: the caller's transaction
is the unit.  A claim is a short transaction of its own; a settle writes all effects
and outputs together with the end of the item.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg

from listhub.errors import StaleClaim
from listhub.spool.errors import WORKER_DIED, alike
from listhub.spool.items import Bury, Done, Item, NewItem, Park, Retry, Verdict
from listhub.spool.ranking import PRIORITY_STEP

# One JSON value, not twelve arrays: psycopg adapts lists element by element, and that
# cost more than the insert.
_NEW = """
INSERT INTO spool_item (stage, state, priority, rank, list_id, body_id, ref, trace,
                        message_id, reverse_path, recipient, meta)
SELECT stage, CASE WHEN held THEN 'held' ELSE 'ready' END, priority,
       clock_timestamp() + priority * %(step)s + lag * interval '1 second',
       list_id, body_id, ref, trace, message_id, reverse_path, recipient, meta
  FROM ROWS FROM (json_to_recordset(%(items)s::json) AS (
           stage text, held bool, priority int, lag float8, list_id bigint,
           body_id bigint, ref bigint, trace uuid, message_id text,
           reverse_path text, recipient text, meta jsonb))
       WITH ORDINALITY AS new (stage, held, priority, lag, list_id, body_id, ref,
            trace, message_id, reverse_path, recipient, meta, n)
 ORDER BY n
"""
_PUT = f"{_NEW} RETURNING id"

# The CTE is materialised: without the fence the planner may run the sub-select once
# per candidate row and lease more than LIMIT.  `rank > after` is the moving lower
# bound (see horizon.py): dead entries at the head, which an old snapshot keeps from
# being vacuumed, are not waded through again by every claim.  A leased row stays in
# the index, since taking it out would cost a new index entry in every index; there
# are only as many of them as work is in flight.
_CLAIM = """
WITH picked AS MATERIALIZED (
    SELECT id, rank FROM spool_item
     WHERE stage = %(stage)s AND state = 'ready' AND rank > %(after)s
       AND (lease_until IS NULL OR lease_until < clock_timestamp())
     ORDER BY rank, id
     LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
)
UPDATE spool_item AS item
   SET lease_until = clock_timestamp() + %(lease)s, token = gen_random_uuid(),
       owner = %(owner)s, attempts = item.attempts + 1, since = clock_timestamp()
  FROM picked WHERE item.id = picked.id
RETURNING item.id, item.token, item.stage, item.trace, item.list_id, item.body_id,
          item.ref, item.message_id, item.reverse_path, item.recipient,
          item.priority, item.attempts, item.meta, item.created_at, item.rank
"""

# Locks before it judges: whoever settles owns the row until the commit.
_OPEN = """
SELECT id FROM spool_item
 WHERE id = ANY(%(ids)s::bigint[]) AND token = ANY(%(tokens)s::uuid[])
   AND (id, token) IN (SELECT * FROM unnest(%(ids)s::bigint[], %(tokens)s::uuid[]))
 ORDER BY id FOR UPDATE
"""

_GONE = """
WITH gone AS (
    DELETE FROM spool_item AS item
     USING json_to_recordset(%(ended)s::json)
           AS ended (id bigint, token uuid, verdict text, note text)
     WHERE item.id = ended.id AND item.token = ended.token
    RETURNING item.*, ended.verdict, ended.note
), kept AS (
    INSERT INTO spool_history (item_id, stage, verdict, note, owner, attempts, priority,
           list_id, body_id, ref, trace, message_id, reverse_path, recipient, meta,
           created_at)
    SELECT id, stage, verdict, note, owner, attempts, priority, list_id, body_id, ref,
           trace, message_id, reverse_path, recipient, meta, created_at
      FROM gone
    RETURNING item_id
)
"""
_FINISH = f"{_GONE} SELECT item_id FROM kept"  # noqa: S608 - constants
# What an end emits, in the same round trip.
_FINISH_AND_PUT = f"{_GONE}, emitted AS ({_NEW}) SELECT item_id FROM kept"  # noqa: S608

_DEFER = """
UPDATE spool_item
   SET state = 'deferred', due_at = clock_timestamp() + %(after)s,
       lease_until = NULL, token = NULL, reason = %(reason)s,
       since = clock_timestamp(),
       attempts = CASE WHEN %(planned)s THEN 0 ELSE attempts END
 WHERE id = %(id)s AND token = %(token)s
"""

_SET_ASIDE = """
UPDATE spool_item
   SET state = %(state)s, lease_until = NULL, token = NULL, reason = %(reason)s,
       error = %(error)s, since = clock_timestamp()
 WHERE id = %(id)s AND token = %(token)s
"""

# Given back unworked: not an attempt.
_RELEASE = """
UPDATE spool_item AS item
   SET lease_until = NULL, token = NULL, attempts = greatest(item.attempts - 1, 0)
  FROM unnest(%(ids)s::bigint[], %(tokens)s::uuid[]) AS mine (id, token)
 WHERE item.id = mine.id AND item.token = mine.token
"""

_EXTEND = """
UPDATE spool_item AS item SET lease_until = clock_timestamp() + %(lease)s
  FROM unnest(%(ids)s::bigint[], %(tokens)s::uuid[]) AS mine (id, token)
 WHERE item.id = mine.id AND item.token = mine.token
RETURNING item.id
"""

# A fresh rank, or a promoted item could hide behind a claimer's horizon.
_PROMOTE = """
WITH due AS MATERIALIZED (
    SELECT id FROM spool_item
     WHERE stage = %(stage)s AND state = 'deferred' AND due_at <= clock_timestamp()
     ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE spool_item AS item
   SET state = 'ready', due_at = NULL,
       rank = clock_timestamp() + item.priority * %(step)s
  FROM due WHERE item.id = due.id
RETURNING item.id
"""

# Claims take expired items by themselves; this is for what nobody claims any more,
# and so that a lease that ran out is seen as one.
_SWEEP = """
WITH expired AS MATERIALIZED (
    SELECT id FROM spool_item
     WHERE state = 'ready' AND lease_until < clock_timestamp()
     ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE spool_item AS item
   SET lease_until = NULL, token = NULL, owner = NULL,
       state = CASE WHEN attempts >= %(max_attempts)s THEN 'buried' ELSE 'ready' END,
       reason = CASE WHEN attempts >= %(max_attempts)s
                     THEN 'Its worker died each time without settling it.'
                     ELSE reason END,
       error = CASE WHEN attempts >= %(max_attempts)s THEN %(error)s END,
       since = CASE WHEN attempts >= %(max_attempts)s
                    THEN clock_timestamp() ELSE since END
  FROM expired WHERE item.id = expired.id
RETURNING item.state
"""

# Along the claim's own index.  By age, not by rank: a packet's rank may lie minutes
# ahead (its list's share), and it has missed its wake all the same.
_OVERDUE = """
SELECT true FROM spool_item
 WHERE stage = %(stage)s AND state = 'ready'
   AND created_at < statement_timestamp() - %(late)s
   AND (lease_until IS NULL OR lease_until < statement_timestamp())
 ORDER BY rank, id LIMIT 1
"""

# What is in work stands at the head of the claim's index, so a short look is enough.
_ATTENDED = """
SELECT EXISTS (
    SELECT FROM (
        SELECT owner, lease_until FROM spool_item
         WHERE stage = %(stage)s AND state = 'ready' ORDER BY rank, id LIMIT 500
    ) AS head
     WHERE starts_with(owner, %(host)s) AND lease_until > statement_timestamp()
)
"""


def put(conn: "psycopg.Connection[Any]", items: Sequence[NewItem]) -> list[int]:
    """Put items into their rooms and return their numbers, in the order given."""
    if not items:
        return []
    return [row[0] for row in conn.execute(_PUT, _emission(items))]


def _emission(items: Sequence[NewItem]) -> dict[str, object]:
    values = json.dumps([_values(item) for item in items])
    return {"items": values, "step": PRIORITY_STEP}


def _values(item: NewItem) -> dict[str, object]:
    return {
        "stage": item.stage,
        "held": item.held,
        "priority": item.priority,
        "lag": item.lag.total_seconds(),
        "list_id": item.list_id,
        "body_id": item.body_id,
        "ref": item.ref,
        "trace": str(item.trace),
        "message_id": item.message_id,
        "reverse_path": item.reverse_path,
        "recipient": item.recipient,
        "meta": dict(item.meta),
    }


def claim(
    conn: "psycopg.Connection[Any]",
    *,
    stage: str,
    limit: int,
    lease: timedelta,
    owner: str,
    after: datetime | None = None,
) -> list[tuple[Item, datetime]]:
    """Lease up to `limit` ready items, first in rank first; commit at once after.

    Returns each item with its rank.  The attempt is counted by this statement, so
    that a message which kills its worker is noticed.
    """
    rows = conn.execute(
        _CLAIM,
        {
            "stage": stage,
            "limit": limit,
            "lease": lease,
            "owner": owner,
            "after": after or "-infinity",
        },
    ).fetchall()
    claimed = [(_item(row), row[14]) for row in rows]
    # RETURNING keeps no order.
    return sorted(claimed, key=lambda pair: (pair[1], pair[0].id))


def _item(row: tuple[Any, ...]) -> Item:
    return Item(
        id=row[0],
        token=row[1],
        stage=row[2],
        trace=row[3],
        list_id=row[4],
        body_id=row[5],
        ref=row[6],
        message_id=row[7],
        reverse_path=row[8],
        recipient=row[9],
        priority=row[10],
        attempts=row[11],
        meta=row[12],
        created_at=row[13],
    )


def open_claims(conn: "psycopg.Connection[Any]", items: Sequence[Item]) -> set[int]:
    """Lock the rows of claimed items and return the numbers of those still ours."""
    rows = conn.execute(_OPEN, _keys(items))
    return {row[0] for row in rows}


def open_claim(conn: "psycopg.Connection[Any]", item: Item) -> None:
    """Lock the row of a claimed item; StaleClaim if the lease was lost."""
    if not open_claims(conn, [item]):
        raise StaleClaim(
            "The lease was lost before the work began.",
            reason=f"item {item.id} has another token",
        )


def settle(conn: "psycopg.Connection[Any]", item: Item, verdict: Verdict) -> None:
    """End the claim with its verdict and put what it emits; StaleClaim if lost."""
    mine = {"id": item.id, "token": item.token}
    match verdict:
        case Done():
            finish(conn, [(item, verdict)])
        case Retry(after=after, reason=reason, planned=planned):
            values = {**mine, "after": after, "reason": reason, "planned": planned}
            _expect_one(conn.execute(_DEFER, values), item)
        case Park(reason=reason) | Bury(reason=reason):
            state = "parked" if isinstance(verdict, Park) else "buried"
            error = alike(reason) if state == "buried" else None
            values = {**mine, "state": state, "reason": reason, "error": error}
            _expect_one(conn.execute(_SET_ASIDE, values), item)


def finish(conn: "psycopg.Connection[Any]", ended: Sequence[tuple[Item, Done]]) -> None:
    """Settle many items as Done and put what they emit; StaleClaim if any was lost."""
    if not ended:
        return
    gone = _finish(conn, ended, [new for _, done in ended for new in done.emit])
    if len(gone) != len(ended):
        raise StaleClaim(
            "The lease was lost while the work was done.",
            reason=f"{len(ended) - len(gone)} of {len(ended)} claims are stale",
        )


def finish_ours(
    conn: "psycopg.Connection[Any]", ended: Sequence[tuple[Item, Done]]
) -> set[int]:
    """Settle those items as Done whose lease is still ours; return their numbers.

    Emits nothing: for work whose effects are true whoever has the item now.
    """
    return _finish(conn, ended, [])


def _finish(
    conn: "psycopg.Connection[Any]",
    ended: Sequence[tuple[Item, Done]],
    emitted: Sequence[NewItem],
) -> set[int]:
    rows = [
        {
            "id": item.id,
            "token": str(item.token),
            "verdict": done.verdict,
            "note": done.note,
        }
        for item, done in ended
    ]
    values: dict[str, object] = {"ended": json.dumps(rows)}
    if emitted:
        values |= _emission(emitted)
    statement = _FINISH_AND_PUT if emitted else _FINISH
    return {row[0] for row in conn.execute(statement, values)}


def _keys(items: Sequence[Item]) -> dict[str, object]:
    """Return ids and tokens as PostgreSQL reads arrays."""
    ids = ",".join([str(item.id) for item in items])
    tokens = ",".join([str(item.token) for item in items])
    return {"ids": f"{{{ids}}}", "tokens": f"{{{tokens}}}"}


def _expect_one(cursor: "psycopg.Cursor[Any]", item: Item) -> None:
    if cursor.rowcount != 1:
        raise StaleClaim(
            "The lease was lost while the work was done.",
            reason=f"item {item.id} has another token",
        )


def release(conn: "psycopg.Connection[Any]", items: Sequence[Item]) -> None:
    """Give claimed items back unworked; the attempt is not counted."""
    conn.execute(_RELEASE, _keys(items))


def extend(
    conn: "psycopg.Connection[Any]", items: Sequence[Item], *, lease: timedelta
) -> set[int]:
    """Renew leases; return the numbers of the items that are still ours."""
    rows = conn.execute(_EXTEND, {**_keys(items), "lease": lease})
    return {row[0] for row in rows}


def promote(conn: "psycopg.Connection[Any]", *, stage: str, limit: int = 1000) -> int:
    """Make deferred items whose time has come ready; return how many."""
    return conn.execute(
        _PROMOTE, {"stage": stage, "limit": limit, "step": PRIORITY_STEP}
    ).rowcount


def sweep(
    conn: "psycopg.Connection[Any]", *, max_attempts: int, limit: int = 1000
) -> tuple[int, int]:
    """Clear leases that ran out and bury the poisonous; return how many of each."""
    states = [
        row[0]
        for row in conn.execute(
            _SWEEP,
            {"max_attempts": max_attempts, "limit": limit, "error": WORKER_DIED},
        )
    ]
    return states.count("ready"), states.count("buried")


def overdue(conn: "psycopg.Connection[Any]", *, stage: str, seconds: float) -> bool:
    """Tell whether something ready has waited longer than `seconds` for a claim."""
    row = conn.execute(
        _OVERDUE,
        {"stage": stage, "late": timedelta(seconds=seconds)},
    ).fetchone()
    return row is not None


def attended(conn: "psycopg.Connection[Any]", *, stage: str, host: str) -> bool:
    """Tell whether a process whose name begins with `host` is at work in the room."""
    row = conn.execute(_ATTENDED, {"stage": stage, "host": host}).fetchone()
    return bool(row and row[0])
