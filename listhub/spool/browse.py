"""Look into the rooms and into history: what waits, and what became of the rest.

Read only.  Lists are shown by their address; everything else is as it is stored.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from listhub.spool import chosen
from listhub.spool.chosen import LEASED, STATES, Filter

__all__ = ["LEASED", "STATES", "Filter"]

_WAITING = """
SELECT item.id, item.stage, {state} AS state,
       item.priority, item.rank, item.due_at, item.lease_until, item.owner,
       item.attempts, item.list_id, list.address AS list, item.body_id, body.size,
       item.ref, item.trace, item.message_id, item.reverse_path, item.recipient,
       item.meta, item.reason, item.error, item.created_at,
       coalesce(item.since, item.created_at) AS since,
       extract(epoch FROM statement_timestamp() - item.created_at)::float8 AS age
  FROM {source} AS item
  LEFT JOIN mailing_list AS list ON list.id = item.list_id
  LEFT JOIN body ON body.id = item.body_id
 ORDER BY item.id
"""

_PAST = """
SELECT item.item_id AS id, item.settled_at, item.stage, item.verdict, item.note,
       item.owner, item.attempts, item.priority, item.list_id, list.address AS list,
       item.body_id, body.size, item.ref, item.trace, item.message_id,
       item.reverse_path, item.recipient, item.meta, item.created_at
  FROM spool_history AS item
  LEFT JOIN mailing_list AS list ON list.id = item.list_id
  LEFT JOIN body ON body.id = item.body_id
 WHERE {condition}
 ORDER BY item.settled_at, item.item_id
"""

_COUNT = """
SELECT count(*) FROM (SELECT FROM spool_item WHERE {condition} LIMIT %(most)s) AS found
"""

_TRACES = """
SELECT trace FROM spool_item WHERE message_id = %(message_id)s
 UNION SELECT trace FROM spool_history WHERE message_id = %(message_id)s
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """An item that waits in a room, or is being worked on (state `leased`)."""

    id: int
    stage: str
    state: str
    priority: int
    rank: datetime
    due_at: datetime | None
    lease_until: datetime | None
    owner: str | None
    attempts: int
    list_id: int | None
    #: The list's address.
    list: str | None
    body_id: int | None
    #: Bytes of the body.
    size: int | None
    ref: int | None
    trace: uuid.UUID
    message_id: str | None
    reverse_path: str | None
    recipient: str | None
    meta: Mapping[str, object]
    reason: str | None
    #: Of a buried one: what its error has in common with others.
    error: str | None
    created_at: datetime
    #: When it was last claimed, deferred, parked, held or buried, or else put.
    since: datetime
    #: Seconds since it was put.
    age: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """An item that was settled, and how."""

    id: int
    settled_at: datetime
    stage: str
    verdict: str
    note: str
    owner: str | None
    attempts: int
    priority: int
    list_id: int | None
    list: str | None
    body_id: int | None
    size: int | None
    ref: int | None
    trace: uuid.UUID
    message_id: str | None
    reverse_path: str | None
    recipient: str | None
    meta: Mapping[str, object]
    created_at: datetime


def waiting(
    conn: "psycopg.Connection[Any]",
    wanted: Filter,
    *,
    limit: int,
    backwards: bool = False,
) -> list[Waiting]:
    """Return a page of what waits, by number; the last one's `id` begins the next.

    `backwards`: the last ones, the last of them first.
    """
    order = "DESC" if backwards else "ASC"
    # The limit comes before the joins: a page never reads more than a page.
    source = (
        f"(SELECT * FROM spool_item WHERE {chosen.condition(wanted)}"  # noqa: S608 - literals of ours
        f" ORDER BY id {order} LIMIT %(limit)s)"
    )
    found = _waiting(conn, source, {**chosen.values(wanted), "limit": limit})
    return found[::-1] if backwards else found


def count(conn: "psycopg.Connection[Any]", wanted: Filter, *, most: int) -> int:
    """Return how many items are meant, counted up to `most`."""
    query = sql.SQL(_COUNT).format(condition=sql.SQL(chosen.condition(wanted)))
    row = conn.execute(query, {**chosen.values(wanted), "most": most}).fetchone()
    return int(row[0]) if row else 0


def item(conn: "psycopg.Connection[Any]", item_id: int) -> Waiting | None:
    """Return a waiting item by its number."""
    source = "(SELECT * FROM spool_item WHERE id = %(id)s)"
    found = _waiting(conn, source, {"id": item_id})
    return found[0] if found else None


def of_traces(
    conn: "psycopg.Connection[Any]", traces: Sequence[uuid.UUID]
) -> list[Waiting]:
    """Return what still waits of these traces; reads the whole hot table once."""
    source = "(SELECT * FROM spool_item WHERE trace = ANY(%(traces)s))"
    return _waiting(conn, source, {"traces": list(traces)})


def past_item(conn: "psycopg.Connection[Any]", item_id: int) -> Past | None:
    """Return how an item ended, if it did."""
    found = _past(conn, "item.item_id = %(id)s", {"id": item_id})
    return found[-1] if found else None


def past_of_traces(
    conn: "psycopg.Connection[Any]", traces: Sequence[uuid.UUID]
) -> list[Past]:
    """Return what was settled of these traces, in the order of the settling."""
    return _past(conn, "item.trace = ANY(%(traces)s)", {"traces": list(traces)})


def traces_of_message(
    conn: "psycopg.Connection[Any]", message_id: str
) -> set[uuid.UUID]:
    """Return the traces of the posts with this Message-ID (without brackets)."""
    rows = conn.execute(_TRACES, {"message_id": message_id})
    return {row[0] for row in rows}


def _waiting(
    conn: "psycopg.Connection[Any]", source: str, values: Mapping[str, object]
) -> list[Waiting]:
    query = sql.SQL(_WAITING).format(
        source=sql.SQL(source), state=sql.SQL(chosen.SHOWN_STATE)
    )
    with conn.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(query, values).fetchall()


def _past(
    conn: "psycopg.Connection[Any]", condition: str, values: Mapping[str, object]
) -> list[Past]:
    query = sql.SQL(_PAST).format(condition=sql.SQL(condition))
    with conn.cursor(row_factory=class_row(Past)) as cursor:
        return cursor.execute(query, values).fetchall()
