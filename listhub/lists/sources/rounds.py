"""The rounds of each role of a list: when they are due, and how they went."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from listhub.lists.sources.source import Role, Source, Sync

#: The first wait after a round that failed; it grows fourfold, up to the usual one.
_RETRY = timedelta(minutes=1)

_SOURCE_COLUMNS = """
SELECT id, list_id, role, name, kind, config, enabled, ttl, last_ok_at, last_rows,
       last_refused, last_error FROM data_source
"""
_SOURCES = f"""{_SOURCE_COLUMNS}
 WHERE list_id = %s AND role = ANY(%s) ORDER BY role, name
"""
_SYNC_COLUMNS = """
SELECT id, list_id, role, state, due_at, failures, last_ok_at, detail, approved
  FROM source_sync
"""
_SYNC = f"{_SYNC_COLUMNS} WHERE id = %s"
_SYNCS = f"{_SYNC_COLUMNS} WHERE list_id = %s ORDER BY role"
_ASK_FOR = """
INSERT INTO source_sync (list_id, role) VALUES (%s, %s)
    ON CONFLICT (list_id, role) DO UPDATE SET due_at = least(source_sync.due_at, now())
RETURNING id
"""
# Whoever holds a row puts its item; a round that waits or is under way is let be.
_DUE = """
SELECT sync.id, sync.list_id
  FROM source_sync AS sync JOIN mailing_list AS list ON list.id = sync.list_id
 WHERE sync.due_at <= now() AND list.status = 'open'
   AND NOT EXISTS (SELECT FROM spool_item WHERE spool_item.id = sync.item_id)
 ORDER BY sync.due_at LIMIT %s
   FOR UPDATE OF sync SKIP LOCKED
"""
_QUEUED = """
UPDATE source_sync AS sync SET item_id = queued.item
  FROM unnest(%s::bigint[], %s::bigint[]) AS queued (id, item)
 WHERE sync.id = queued.id
"""
# By the shortest pause of the sources that are asked; without any once a day.
_USUAL = """
coalesce((SELECT min(ttl) FROM data_source AS source
           WHERE source.list_id = source_sync.list_id
             AND source.role = source_sync.role AND enabled), 86400)
"""
_WENT_WELL = f"""
UPDATE source_sync
   SET state = 'ok', failures = 0, approved = 0, detail = %(detail)s,
       last_ok_at = now(), due_at = now() + {_USUAL} * interval '1 second'
 WHERE id = %(id)s
"""  # noqa: S608 - put together from constants
_WENT_WRONG = f"""
UPDATE source_sync
   SET state = %(state)s, failures = failures + 1, detail = %(detail)s,
       due_at = now() + least({_USUAL} * interval '1 second',
                              %(retry)s * 4 ^ least(failures, 10))
 WHERE id = %(id)s
"""  # noqa: S608 - put together from constants
_APPROVE = """
UPDATE source_sync SET approved = approved + %(people)s, due_at = now() WHERE id = %(id)s
"""


def sources(
    conn: "psycopg.Connection[Any]", list_id: int, *roles: Role
) -> list[Source]:
    """Return the sources of some roles of a list, by role and name."""
    cursor = conn.cursor(row_factory=class_row(Source))
    return cursor.execute(_SOURCES, [list_id, list(roles)]).fetchall()


def of_list(conn: "psycopg.Connection[Any]", list_id: int) -> list[Sync]:
    """Return how the rounds of a list's roles go."""
    return (
        conn.cursor(row_factory=class_row(Sync)).execute(_SYNCS, [list_id]).fetchall()
    )


def find(conn: "psycopg.Connection[Any]", sync_id: int) -> Sync | None:
    """Return how the rounds of one role go, or None if the list is gone."""
    return conn.cursor(row_factory=class_row(Sync)).execute(_SYNC, [sync_id]).fetchone()


def ask_for(conn: "psycopg.Connection[Any]", list_id: int, role: Role) -> int:
    """Make a round due now and return the number of its row."""
    row = conn.execute(_ASK_FOR, [list_id, role]).fetchone()
    assert row is not None  # noqa: S101 - an INSERT of one row returns one
    return int(row[0])


def due(conn: "psycopg.Connection[Any]", *, limit: int) -> list[tuple[int, int]]:
    """Lock the rounds that are due; return each with its list, longest due first."""
    return [(row[0], row[1]) for row in conn.execute(_DUE, [limit])]


def queued(conn: "psycopg.Connection[Any]", items: Mapping[int, int]) -> None:
    """Note which item of the spool stands for which round."""
    conn.execute(_QUEUED, [list(items), list(items.values())])


def went_well(
    conn: "psycopg.Connection[Any]", sync: Sync, detail: Mapping[str, object]
) -> None:
    """Write down a good round; the next one is due as usual."""
    conn.execute(_WENT_WELL, {"id": sync.id, "detail": Jsonb(dict(detail))})


def went_wrong(
    conn: "psycopg.Connection[Any]",
    sync: Sync,
    detail: Mapping[str, object],
    *,
    stopped: bool = False,
) -> None:
    """Write down a round that failed or was stopped; soon tried again, then as usual."""
    conn.execute(
        _WENT_WRONG,
        {
            "id": sync.id,
            "state": "stopped" if stopped else "failing",
            "detail": Jsonb(dict(detail)),
            "retry": _RETRY,
        },
    )


def approve(conn: "psycopg.Connection[Any]", sync_id: int, *, people: int) -> None:
    """Let so many people more go in the next round, which is due now."""
    conn.execute(_APPROVE, {"id": sync_id, "people": people})
