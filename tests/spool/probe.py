"""A room that no stage serves, and the short ways to fill and claim it."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import psycopg

from listhub.spool import store
from listhub.spool.items import Item, NewItem

MINUTE = timedelta(minutes=1)
#: A lease that has run out as soon as its claim is committed.
NONE = timedelta(0)

Conn = psycopg.Connection[Any]


def new(**values: Any) -> NewItem:
    return NewItem(stage="probe", trace=uuid.uuid4(), **values)


def put(conn: Conn, *items: NewItem) -> list[int]:
    numbers = store.put(conn, items)
    conn.commit()
    return numbers


def claim(
    conn: Conn,
    *,
    limit: int = 10,
    lease: timedelta = MINUTE,
    owner: str = "test",
    after: datetime | None = None,
) -> list[Item]:
    claimed = store.claim(
        conn, stage="probe", limit=limit, lease=lease, owner=owner, after=after
    )
    conn.commit()
    return [item for item, _rank in claimed]


def states(conn: Conn) -> dict[int, str]:
    found = conn.execute("SELECT id, state FROM spool_item").fetchall()
    conn.commit()
    return dict(found)


def history(conn: Conn) -> list[tuple[int, str, str]]:
    found = conn.execute("SELECT item_id, verdict, note FROM spool_history ORDER BY 1")
    return found.fetchall()
