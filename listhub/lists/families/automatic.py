"""Automatic lists: made by their first post, dormant while they have nobody.

    no list ──made──▶ dormant ──its sources name somebody──▶ awake
                         ▲ └─nobody for an hour, no post, the family says so─▶ removed
                         └──────────────── everybody has left ──────┘

A post to a dormant list waits until the sources have been asked after it came.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, Literal

import psycopg

from listhub.config import Settings
from listhub.lists import audit
from listhub.lists.catalogue import ListRow
from listhub.lists.families import instances, register
from listhub.lists.families.given import Given
from listhub.lists.families.register import Kept
from listhub.lists.sources import rounds
from listhub.spool import store
from listhub.spool.items import NewItem

State = Literal["awake", "asking", "empty"]

#: Who stands in the audit where no person did it.
CLOCK = "clock"
#: People wait for these rounds.
_PRIORITY = 2

# Whoever comes second waits, and finds the list that the first one has made.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('automatic/' || %s::text, 0))"
_FAMILY = """
SELECT family FROM domain CROSS JOIN automatic_family(%(name)s, domain.id) AS family
 WHERE domain.name = %(domain)s
"""
_STATE = """
SELECT list.status, list.dormant,
       EXISTS (SELECT FROM subscription WHERE list_id = list.id) AS members
  FROM mailing_list AS list WHERE list.id = %s
"""
# Rounds of sources that were not asked since; those that fail are tried again by and by.
# What owners have to decide about, or who is owner besides, keeps no post waiting.
_UNASKED = """
SELECT sync.id, sync.role,
       sync.state = 'failing' AND sync.due_at > now()
       OR EXISTS (SELECT FROM spool_item WHERE spool_item.id = sync.item_id) AS under_way
  FROM source_sync AS sync
 WHERE sync.list_id = %(list_id)s
   AND (sync.last_ok_at IS NULL OR sync.last_ok_at < %(since)s)
   AND sync.state <> 'stopped' AND (sync.role = 'member' OR sync.state <> 'failing')
   AND EXISTS (SELECT FROM data_source AS source
                WHERE source.list_id = sync.list_id AND source.role = sync.role
                  AND source.enabled)
 ORDER BY sync.id FOR UPDATE OF sync
"""
_WAKE = "UPDATE mailing_list SET dormant = false WHERE id = %s"
_SLEEP = """
UPDATE mailing_list AS list SET dormant = true
  FROM family_list AS member
 WHERE member.list_id = list.id AND member.automatic
   AND list.status = 'open' AND NOT list.dormant
   AND NOT EXISTS (SELECT FROM subscription WHERE list_id = list.id)
"""
# Nothing is lost with them: no post, no member, nothing that an owner has set.  Sources
# that do not answer say nothing of whether there are members.
_UNUSED = """
SELECT list.id, list.address
  FROM family_list AS member
  JOIN mailing_list AS list ON list.id = member.list_id
  CROSS JOIN LATERAL (
       SELECT document FROM family_version AS version
        WHERE version.family = member.family ORDER BY version DESC LIMIT 1) AS newest
 WHERE member.automatic AND list.dormant AND list.status = 'open' AND list.sequence = 0
   AND (newest.document->'remove_empty')::boolean
   AND list.created_at < now() - interval '1 hour'
   AND NOT EXISTS (SELECT FROM subscription WHERE list_id = list.id)
   AND NOT EXISTS (SELECT FROM archive_message WHERE list_id = list.id)
   AND NOT EXISTS (SELECT FROM request WHERE list_id = list.id)
   AND NOT EXISTS (SELECT FROM setting_version
                    WHERE scope = 'list' AND list_id = list.id)
   AND NOT EXISTS (SELECT FROM source_sync
                    WHERE list_id = list.id AND state <> 'ok')
   AND NOT EXISTS (SELECT FROM data_source WHERE from_list_id = list.id)
   AND NOT EXISTS (SELECT FROM spool_item WHERE list_id = list.id)
 ORDER BY list.id LIMIT %s
   FOR UPDATE OF list SKIP LOCKED
"""


def lock(conn: "psycopg.Connection[Any]", address: str) -> None:
    """Let nobody else make this list until the transaction ends."""
    conn.execute(_LOCK, [address])


def family_of(
    conn: "psycopg.Connection[Any]", address: str, *, settings: Settings
) -> Kept | None:
    """Return the family that would make a list of this address, held; None: none."""
    name, _, domain = address.partition("@")
    row = conn.execute(_FAMILY, {"name": name, "domain": domain}).fetchone()
    return register.use(conn, row[0], settings=settings) if row else None


def make(
    conn: "psycopg.Connection[Any]", kept: Kept, address: str, *, actor: str
) -> ListRow:
    """Make a list, dormant; UsageError if the family's rules do not let it be."""
    return instances.make(conn, kept, address, Given(), actor=actor, automatic=True)


def ask(
    conn: "psycopg.Connection[Any]", list_id: int, *, since: datetime, trace: uuid.UUID
) -> State:
    """Return how a list is; its sources are asked if they were not after `since`."""
    row = conn.execute(_STATE, [list_id]).fetchone()
    # A closed list says so itself, in the room of posts.
    if row is None or row[0] != "open" or not row[1]:
        return "awake"
    members = row[2]
    values = {"list_id": list_id, "since": since}
    unasked = conn.execute(_UNASKED, values).fetchall()
    _put(conn, list_id, [sync for sync, _, busy in unasked if not busy], trace=trace)
    if unasked:
        return "asking"
    if members:
        wake(conn, list_id)
    return "awake" if members else "empty"


def age(conn: "psycopg.Connection[Any]", since: datetime) -> timedelta:
    """Return how long ago something was, by the database's clock."""
    row = conn.execute("SELECT clock_timestamp() - %s", [since]).fetchone()
    return row[0] if row else timedelta(0)


def has_members(conn: "psycopg.Connection[Any]", list_id: int) -> bool:
    """Tell whether anybody is on a list."""
    row = conn.execute(_STATE, [list_id]).fetchone()
    return bool(row and row[2])


def wake(conn: "psycopg.Connection[Any]", list_id: int) -> None:
    """Let posts to a list be judged without waiting for its sources."""
    conn.execute(_WAKE, [list_id])


def tend(conn: "psycopg.Connection[Any]", *, limit: int = 1000) -> tuple[int, int]:
    """Put lists to sleep that everybody has left, remove those that never were used.

    Returns how many of each.
    """
    slept = conn.execute(_SLEEP).rowcount
    unused = conn.execute(_UNUSED, [limit]).fetchall()
    for list_id, address in unused:
        # It names no list that is there: the audit outlives it.
        audit.note(conn, actor=CLOCK, action="list.rm", subject=address)
        conn.execute("DELETE FROM mailing_list WHERE id = %s", [list_id])
    return slept, len(unused)


def _put(
    conn: "psycopg.Connection[Any]", list_id: int, syncs: list[int], *, trace: uuid.UUID
) -> None:
    items = [
        NewItem(
            stage="sync", trace=trace, ref=sync, list_id=list_id, priority=_PRIORITY
        )
        for sync in syncs
    ]
    numbers = store.put(conn, items)
    rounds.queued(conn, dict(zip(syncs, numbers, strict=True)))
