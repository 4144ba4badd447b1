"""The spool browser: what waits in the rooms, a page at a time, by number."""

from dataclasses import replace
from typing import Any

import psycopg

from listhub.lists import paging
from listhub.lists.paging import Page
from listhub.spool import browse
from listhub.spool.browse import Waiting
from listhub.spool.chosen import Filter

#: Items are counted up to here; beyond, a page says "more than".
MOST = 10_000


def page(
    conn: "psycopg.Connection[Any]",
    wanted: Filter,
    *,
    cursor: str = "",
    size: int = paging.SIZE,
) -> Page[Waiting]:
    """Return a page of the items that a filter means, the oldest first; one statement.

    SaidError for a cursor that is none.
    """
    at, size = paging.read(cursor, (int,)), paging.bounded(size)
    if at is None:
        found = browse.waiting(conn, wanted, limit=size + 1)
        return paging.cut(found, size=size, cursor=at, key=lambda item: (item.id,))
    number = int(str(at.key[0]))
    if at.back:
        upto = min(number - 1, wanted.upto if wanted.upto is not None else number)
        there = replace(wanted, upto=upto)
    else:
        there = replace(wanted, after=max(number, wanted.after or 0))
    found = browse.waiting(conn, there, limit=size + 1, backwards=at.back)
    return paging.cut(found, size=size, cursor=at, key=lambda item: (item.id,))


def count(conn: "psycopg.Connection[Any]", wanted: Filter) -> int:
    """Return how many items a filter means; MOST + 1 for more than MOST."""
    return browse.count(conn, wanted, most=MOST + 1)
