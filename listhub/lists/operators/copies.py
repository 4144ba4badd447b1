"""What one address got: its copies of messages, a page at a time, with every answer."""

from datetime import datetime
from typing import Any

import psycopg

from listhub import clock
from listhub.delivery import fate
from listhub.delivery.fate import Copy
from listhub.lists import paging
from listhub.lists.operators.search import PERIOD
from listhub.lists.paging import Cursor, Page

_KINDS = (datetime, int)


def page(
    conn: "psycopg.Connection[Any]",
    address: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    list_id: int | None = None,
    cursor: str = "",
    size: int = paging.SIZE,
) -> Page[Copy]:
    """Return a page of an address's copies, the newest first; two statements.

    Of the last week unless told.  A page leads onwards only: `before` is always "".
    SaidError for a wrong cursor.
    """
    at, size = paging.read(cursor, _KINDS), paging.bounded(size)
    before = _before(at)
    found = fate.copies(
        conn,
        address.strip().replace("\0", ""),
        since=since or clock.now() - PERIOD,
        until=until,
        before=before,
        list_id=list_id,
        messages=size + 1,
    )
    whole = paging.cut(
        found,
        size=size,
        cursor=None,
        key=lambda copy: (copy.created_at, copy.outgoing_id),
    )
    return Page(rows=whole.rows, after=whole.after)


def _before(at: Cursor | None) -> tuple[datetime, int] | None:
    moment, number = at.key if at else (None, None)
    if isinstance(moment, datetime) and isinstance(number, int):
        return moment, number
    return None
