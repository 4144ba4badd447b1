"""Expiry: what nobody decided in time ends; later, what was decided is forgotten."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.lists import audit
from listhub.lists.moderation import request as requests, to_askers
from listhub.spool.items import NewItem

#: Requests that one transaction ends.
BATCH = 200

# A decision in the same instant holds the row: its state is looked at again after
# that, and so each request ends once, whatever number of schedulers there are.
_EXPIRE = """
WITH due AS MATERIALIZED (
    SELECT id FROM request WHERE state = 'waiting' AND expires_at <= now()
     ORDER BY id LIMIT %s FOR UPDATE)
UPDATE request
   SET state = 'expired', decided_at = clock_timestamp(), decided_how = 'clock',
       claimed_by = NULL, claimed_until = NULL
  FROM due WHERE request.id = due.id
RETURNING request.id
"""
# The keys go with their request, and the last reference to its message.
_PURGE = """
DELETE FROM request WHERE id IN (
    SELECT id FROM request WHERE state <> 'waiting' AND decided_at < now() - %s
     ORDER BY decided_at LIMIT %s)
"""


def expire(
    conn: "psycopg.Connection[Any]", *, settings: Settings, limit: int = BATCH
) -> tuple[int, tuple[NewItem, ...]]:
    """End requests whose time is over; return how many, and the notices to put."""
    ended = [row[0] for row in conn.execute(_EXPIRE, [limit])]
    items: list[NewItem] = []
    for request_id in sorted(ended):
        request = requests.load(conn, request_id)
        if request is None:
            continue
        audit.note(
            conn,
            actor="clock",
            action="request.expire",
            subject=request.address,
            list_id=request.list_id,
            detail={"request": request.id, "kind": request.kind, "how": "clock"},
        )
        items += to_askers.expired(conn, request, settings=settings)
    return len(ended), tuple(items)


def purge(conn: "psycopg.Connection[Any]", *, age: timedelta, limit: int = 5000) -> int:
    """Delete requests that were decided longer ago than `age`; return how many."""
    return conn.execute(_PURGE, [age, limit]).rowcount
