"""The lists of a family at a glance: what they follow, and what they have of their own."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row

_LISTS = """
SELECT list.address,
       CASE WHEN list.dormant THEN 'dormant' ELSE list.status END AS status,
       member.automatic, member.version AS follows, member.problem,
       ARRAY(SELECT jsonb_object_keys(own."values")
              INTERSECT SELECT jsonb_object_keys(shared."values")
              ORDER BY 1) AS own
  FROM family_list AS member
  JOIN mailing_list AS list ON list.id = member.list_id
  LEFT JOIN LATERAL (
       SELECT "values" FROM setting_version
        WHERE scope = 'list' AND coalesce(domain_id, 0) = 0
          AND coalesce(list_id, 0) = list.id
        ORDER BY version DESC LIMIT 1) AS own ON true
  LEFT JOIN LATERAL (
       SELECT "values" FROM setting_version
        WHERE scope = 'family' AND coalesce(domain_id, 0) = 0
          AND coalesce(list_id, 0) = list.id
        ORDER BY version DESC LIMIT 1) AS shared ON true
 WHERE member.family = %(family)s AND list.address > %(after)s
 ORDER BY list.address LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A list of a family; `follows` is the version, `problem` why not the newest."""

    address: str
    #: open, closed, or dormant: automatic, and without members.
    status: str
    automatic: bool
    follows: int
    problem: str | None
    #: The settings that it has otherwise than its family makes them.
    own: list[str]


def members(
    conn: "psycopg.Connection[Any]", name: str, *, after: str = "", limit: int = 100_000
) -> list[Member]:
    """Return up to `limit` lists of a family behind an address, by their addresses."""
    values = {"family": name, "after": after, "limit": limit}
    cursor = conn.cursor(row_factory=class_row(Member))
    return cursor.execute(_LISTS, values).fetchall()
