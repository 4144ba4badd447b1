"""What operators did to items, written down in the change's own transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

_WRITE = """
INSERT INTO audit (actor, action, object, list_id, detail)
VALUES (%(actor)s, %(action)s, %(object)s, %(list_id)s, %(detail)s)
"""

_LAST = """
SELECT at, actor, action, object FROM audit
 WHERE object = %s AND action LIKE 'spool.%%' ORDER BY id DESC LIMIT 1
"""

# By time: `since` is when the items were put.
_DEEDS = """
SELECT at, actor, action, object FROM audit
 WHERE at >= %(since)s AND object = ANY(%(objects)s) AND action LIKE 'spool.%%'
 ORDER BY id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """What somebody did to an item, and when."""

    at: datetime
    actor: str
    #: hold, release, retry, exhume, edit or drop.
    action: str
    item: int


def write(
    conn: "psycopg.Connection[Any]",
    *,
    actor: str,
    action: str,
    object_: str,
    list_id: int | None,
    detail: Mapping[str, object],
) -> None:
    """Write down one change to `object_`, "item 5" or "stage send"."""
    conn.execute(
        _WRITE,
        {
            "actor": actor,
            "action": f"spool.{action}",
            "object": object_,
            "list_id": list_id,
            "detail": Jsonb(dict(detail)),
        },
    )


def last(conn: "psycopg.Connection[Any]", item_id: int) -> Deed | None:
    """Return the newest thing that somebody did to an item."""
    row = conn.execute(_LAST, [f"item {item_id}"]).fetchone()
    return _deed(row) if row else None


def deeds(
    conn: "psycopg.Connection[Any]", items: Sequence[int], *, since: datetime
) -> list[Deed]:
    """Return what operators did to these items, oldest first."""
    rows = conn.execute(
        _DEEDS, {"objects": [f"item {number}" for number in items], "since": since}
    )
    return [_deed(row) for row in rows]


def _deed(row: tuple[Any, ...]) -> Deed:
    return Deed(
        at=row[0],
        actor=row[1],
        action=row[2].removeprefix("spool."),
        item=int(row[3].removeprefix("item ")),
    )
