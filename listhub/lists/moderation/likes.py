"""Likes: posts that have something in common, grouped over a whole queue.

Two hundred posts after a flood of spam are three groups: one host, one subject, one
sender.  Each group is a filter (`Group.like`), and a filter can be decided.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.lists.moderation import choosing
from listhub.lists.moderation.choosing import ALL, Filter, Like, Trait
from listhub.lists.moderation.reach import Reach

#: Fewer are no group.
LEAST = 2

_GROUPS = """
WITH chosen AS MATERIALIZED (
    SELECT request.id, request.author_key, request.stem, request.relay,
           request.list_id, request.created_at
      FROM request WHERE {condition} AND request.kind = 'post'),
grouped AS (
    SELECT CASE grouping(author_key, stem, relay)
                WHEN 3 THEN 'sender' WHEN 5 THEN 'subject' ELSE 'relay' END AS trait,
           coalesce(author_key, stem, relay) AS value, count(*) AS waiting,
           CASE WHEN min(list_id) = max(list_id) THEN 1 ELSE 2 END AS lists,
           min(created_at) AS oldest, max(created_at) AS newest, max(id) AS example
      FROM chosen
     GROUP BY GROUPING SETS ((author_key), (stem), (relay)))
SELECT trait, value, waiting, lists > 1 AS several_lists, oldest, newest, example,
       request.subject, request.author
  FROM grouped JOIN request ON request.id = grouped.example
 WHERE value <> '' AND waiting >= %(least)s
 ORDER BY waiting DESC, trait, value LIMIT %(limit)s
"""
_LIKE_ONE = """
SELECT count(*) FILTER (WHERE request.author_key = one.author_key),
       count(*) FILTER (WHERE request.stem = one.stem),
       count(*) FILTER (WHERE request.relay = one.relay),
       one.author_key, one.stem, one.relay
  FROM request, request AS one
 WHERE one.id = %(one)s AND one.kind = 'post' AND {condition}
   AND request.kind = 'post'
 GROUP BY one.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Posts that are alike in one trait."""

    trait: Trait
    #: An address, a subject with `#` for numbers, a host.
    value: str
    waiting: int
    several_lists: bool
    oldest: datetime
    newest: datetime
    #: The newest of them: its number, subject and author.
    example: int
    subject: str
    author: str

    @property
    def like(self) -> Like:
        """The filter that means all of them."""
        return Like(trait=self.trait, value=self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """How many posts wait that are like one of them, itself included."""

    like: Like
    waiting: int


def groups(
    conn: "psycopg.Connection[Any]",
    reach: Reach,
    chosen: Filter = ALL,
    *,
    least: int = LEAST,
    limit: int = 20,
) -> list[Group]:
    """Return the groups of what is chosen, the largest first; a post may be in three."""
    condition, values = choosing.condition(reach, chosen)
    query = _GROUPS.format(condition=condition).encode()
    with conn.cursor(row_factory=class_row(Group)) as cursor:
        return cursor.execute(
            query, {**values, "least": least, "limit": limit}
        ).fetchall()


def of_request(
    conn: "psycopg.Connection[Any]", reach: Reach, request_id: int
) -> list[Alike]:
    """Return what else waits that is like a post, for "all like this"."""
    condition, values = choosing.condition(reach, ALL)
    query = _LIKE_ONE.format(condition=condition).encode()
    row = conn.execute(query, {**values, "one": request_id}).fetchone()
    if row is None:
        return []
    traits: tuple[Trait, ...] = ("sender", "subject", "relay")
    return [
        Alike(like=Like(trait=trait, value=value), waiting=waiting)
        for trait, waiting, value in zip(traits, row[:3], row[3:], strict=True)
        if value and waiting >= LEAST
    ]
