"""Notices that wait to be told with others of their kind: the table, for all hosts."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from listhub.lists.notices.notice import Audience, Notice, Place
from listhub.lists.notices.words import plain

# Owners are told by list, listmasters by domain.
_GROUP = """
    audience = %(audience)s AND kind = %(kind)s
    AND list_id IS NOT DISTINCT FROM
        CASE audience WHEN 'listmasters' THEN list_id ELSE %(list_id)s::bigint END
    AND domain_id IS NOT DISTINCT FROM %(domain_id)s::bigint
"""
_INSERT = """
INSERT INTO notice_waiting (audience, list_id, domain_id, kind, detail, trace, sent_at)
SELECT %(audience)s, %(list_id)s, %(domain_id)s, %(kind)s, %(detail)s, %(trace)s,
       CASE WHEN %(sent)s THEN now() END
"""
_UNLESS = f"""
 WHERE NOT EXISTS (SELECT FROM notice_waiting
                    WHERE {_GROUP} AND detail = %(detail)s
                      AND created_at > now() - %(within)s)
"""
# Whoever does not get it lets its notice wait: nobody stands in line for a mail.
_ALONE = """
SELECT pg_try_advisory_xact_lock(hashtextextended(concat_ws('/', 'notice_waiting',
       %(audience)s::text, %(kind)s::text,
       CASE %(audience)s::text WHEN 'listmasters' THEN NULL ELSE %(list_id)s::bigint END,
       %(domain_id)s::bigint), 0))
"""
_LATELY = f"""
SELECT count(*) FROM notice_waiting
 WHERE {_GROUP} AND created_at > now() - %(window)s
"""  # noqa: S608 - put together from constants
_GROUPS = """
SELECT audience, kind, domain_id,
       CASE audience WHEN 'listmasters' THEN NULL ELSE list_id END AS of_list,
       max(list_id)
  FROM notice_waiting
 WHERE created_at > now() - interval '30 days'
 GROUP BY 1, 2, 3, 4
HAVING count(*) FILTER (WHERE sent_at IS NULL) > 0
   AND coalesce(max(sent_at), '-infinity') <= now() - %(pause)s
 ORDER BY 1, 2, 3, 4
"""
_TAKE = f"""
UPDATE notice_waiting SET sent_at = now()
 WHERE id IN (SELECT id FROM notice_waiting WHERE {_GROUP} AND sent_at IS NULL
               ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING id, detail, trace, created_at
"""  # noqa: S608 - put together from constants
_FORGET = "DELETE FROM notice_waiting WHERE created_at < now() - %(age)s"

#: What one mail may gather.
_MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Notices of one kind that are told together."""

    audience: Audience
    kind: str
    domain_id: int | None
    list_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One notice that waited; `values` are those of its words, as they were."""

    values: dict[str, Any]
    trace: uuid.UUID
    at: datetime


def may_go_alone(
    conn: "psycopg.Connection[Any]", group: Group, *, first: int, window: timedelta
) -> bool:
    """Say whether a notice is among the first of its group within the window.

    Held until the transaction ends; while another one holds it, the answer is no.
    """
    values = _values(group)
    alone = conn.execute(_ALONE, values).fetchone()
    if not alone or not alone[0]:
        return False
    row = conn.execute(_LATELY, {**values, "window": window}).fetchone()
    return row is not None and row[0] < first


def put(
    conn: "psycopg.Connection[Any]",
    notice: Notice[Any],
    values: object,
    *,
    place: Place,
    trace: uuid.UUID,
    sent: bool = False,
    unless_within: timedelta | None = None,
) -> bool:
    """Keep a notice, to be sent or already sent; False if the same one came lately."""
    statement = _INSERT if unless_within is None else _INSERT + _UNLESS
    row = {
        **_values(group_of(notice, place)),
        "detail": Jsonb(plain(values, place.language, timezone=place.timezone)),
        "trace": trace,
        "sent": sent,
        "within": unless_within,
    }
    return conn.execute(statement.encode(), row).rowcount == 1


def group_of(notice: Notice[Any], place: Place) -> Group:
    """Return the group that a notice belongs to."""
    return Group(
        audience=notice.audience,
        kind=notice.name,
        domain_id=place.domain_id,
        list_id=place.list_id,
    )


def due(conn: "psycopg.Connection[Any]", *, pause: timedelta) -> list[Group]:
    """Return the groups in which something waits and nothing was sent for `pause`."""
    return [
        Group(audience=Audience(row[0]), kind=row[1], domain_id=row[2], list_id=row[4])
        for row in conn.execute(_GROUPS, {"pause": pause})
    ]


def take(conn: "psycopg.Connection[Any]", group: Group) -> list[Kept]:
    """Mark what waits in a group as sent and return it, oldest first.

    What another host is taking at this moment is left to it.
    """
    rows = conn.execute(_TAKE.encode(), {**_values(group), "limit": _MOST}).fetchall()
    return [Kept(values=row[1], trace=row[2], at=row[3]) for row in sorted(rows)]


def forget(conn: "psycopg.Connection[Any]", *, age: timedelta) -> int:
    """Delete what was told long ago; return how much."""
    return conn.execute(_FORGET, {"age": age}).rowcount


def _values(group: Group) -> dict[str, object]:
    return {
        "audience": str(group.audience),
        "kind": group.kind,
        "domain_id": group.domain_id,
        "list_id": group.list_id,
    }
