"""What waits for people: listed by list or by person, page by page, and counted.

What waits for the person who asked is nobody else's to decide, and not listed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.lists.moderation.request import WaitsFor
from listhub.mail.address import key

PAGE = 50

# The same people as in people.may_decide.
_OF_WHOM = """
  FROM request JOIN domain ON domain.id = request.domain_id
  LEFT JOIN mailing_list AS list ON list.id = request.list_id
 WHERE request.state = 'waiting' AND request.waits_for <> 'person'
   AND (%(list_id)s::bigint IS NULL OR request.list_id = %(list_id)s)
   AND (%(person)s::text IS NULL OR EXISTS (
       SELECT FROM role JOIN person ON person.id = role.person_id
        WHERE person.address_key = %(person)s
          AND CASE role.kind
              WHEN 'moderator' THEN role.list_id = request.list_id
                                    AND request.waits_for = 'moderators'
              WHEN 'owner' THEN role.list_id = request.list_id
                                AND request.waits_for <> 'listmasters'
              ELSE role.domain_id IS NULL OR role.domain_id = request.domain_id END))
"""
_PAGE = f"""
SELECT request.id, request.kind, request.waits_for,
       coalesce(list.address, domain.name) AS address, request.list_id,
       CASE request.kind WHEN 'post' THEN request.subject
            ELSE coalesce(nullif(request.detail->>'command', ''), request.kind)
            END AS what,
       request.author, request.person, request.size, request.created_at,
       clock_timestamp() - request.created_at AS age,
       request.expires_at, request.why, request.spam, request.topics, request.note,
       CASE WHEN request.claimed_until > clock_timestamp()
            THEN request.claimed_by END AS claimed_by,
       CASE WHEN request.claimed_until > clock_timestamp()
            THEN request.claimed_until END AS claimed_until,
       EXISTS (SELECT FROM subscription JOIN person ON person.id = person_id
                WHERE subscription.list_id = request.list_id
                  AND person.address_key = request.detail->>'author_key') AS member
{_OF_WHOM}
   AND request.id > %(after)s
   AND (%(kinds)s::text[] IS NULL OR request.kind = ANY(%(kinds)s))
 ORDER BY request.id LIMIT %(limit)s
"""  # noqa: S608 - put together from constants
_COUNT = f"""
SELECT request.kind, count(*) AS waiting,
       clock_timestamp() - min(request.created_at) AS oldest,
       min(request.expires_at) AS until
{_OF_WHOM}
 GROUP BY request.kind ORDER BY request.kind
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request as a list of what waits shows it."""

    id: int
    kind: str
    waits_for: WaitsFor
    #: The list's address, or a domain.
    address: str
    list_id: int | None
    #: The subject of a post, or a command.
    what: str
    author: str
    person: str
    size: int | None
    created_at: datetime
    age: timedelta
    expires_at: datetime
    why: str
    spam: str | None
    topics: Sequence[str]
    note: str
    claimed_by: str | None
    claimed_until: datetime | None
    #: The author is a member of the list.
    member: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many of a kind wait, how old the oldest is, when the first expires."""

    kind: str
    waiting: int
    oldest: timedelta
    until: datetime


def entries(
    conn: "psycopg.Connection[Any]",
    *,
    list_id: int | None = None,
    person: str | None = None,
    kinds: Sequence[str] | None = None,
    after: int = 0,
    limit: int = PAGE,
) -> list[Entry]:
    """Return what waits, oldest first: of a list, for a person, or all of the site.

    The next page begins `after` the id of this one's last.
    """
    wanted = {
        **_whose(list_id, person),
        "kinds": None if kinds is None else list(kinds),
        "after": after,
        "limit": limit,
    }
    return conn.cursor(row_factory=class_row(Entry)).execute(_PAGE, wanted).fetchall()


def counts(
    conn: "psycopg.Connection[Any]",
    *,
    list_id: int | None = None,
    person: str | None = None,
) -> list[Count]:
    """Return how much of each kind waits: of a list, for a person, or all."""
    cursor = conn.cursor(row_factory=class_row(Count))
    return cursor.execute(_COUNT, _whose(list_id, person)).fetchall()


def count(conn: "psycopg.Connection[Any]", *, list_id: int | None, kind: str) -> int:
    """Return how many requests of a kind wait on a list."""
    found = (each for each in counts(conn, list_id=list_id) if each.kind == kind)
    return next((each.waiting for each in found), 0)


def _whose(list_id: int | None, person: str | None) -> dict[str, object]:
    return {"list_id": list_id, "person": None if person is None else key(person)}
