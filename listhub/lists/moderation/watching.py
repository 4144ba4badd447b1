"""Watching: who looks at a request now, and what has changed since somebody looked.

A browser says every twenty seconds that a request is still before somebody's eyes; who
says nothing for `LOOKS` is gone, by the database's clock.  Nothing is locked by it: it
is for others to see (`claim` is for those who want more).

`changes` is what server-sent events and plain polling ask: one statement for a page of
requests, a few milliseconds, and nothing is kept in a process.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.lists.moderation.outcomes import Action
from listhub.lists.moderation.reach import Reach
from listhub.lists.moderation.request import How, State

#: How long somebody looks without saying so again.
LOOKS = timedelta(seconds=45)
#: What was decided so lately is news to whoever follows a list.
LATELY = timedelta(minutes=2)
#: Requests of one answer.
MOST = 500

# What others have left behind goes with it: the table has no more rows than eyes.
_LOOK = """
WITH gone AS (
    DELETE FROM watching WHERE request_id = %(id)s AND person <> %(person)s
       AND until <= clock_timestamp())
INSERT INTO watching (request_id, person, until)
SELECT id, %(person)s, clock_timestamp() + %(looks)s FROM request WHERE id = %(id)s
    ON CONFLICT (request_id, person) DO UPDATE SET until = EXCLUDED.until
"""
_LEAVE = "DELETE FROM watching WHERE request_id = %s AND person = %s"
_LOOKING = """
SELECT person FROM watching WHERE request_id = %s AND until > clock_timestamp()
 ORDER BY person
"""
_CHANGES = """
WITH meant AS MATERIALIZED (
    SELECT unnest(%(ids)s::bigint[]) AS id
     UNION
    SELECT id FROM request
     WHERE state <> 'waiting' AND decided_at > now() - %(lately)s
       AND list_id = ANY(%(lists)s::bigint[])
     UNION
    SELECT id FROM request
     WHERE state = 'waiting' AND claimed_by IS NOT NULL
       AND list_id = ANY(%(lists)s::bigint[])
     UNION
    SELECT request_id FROM watching JOIN request ON request.id = request_id
     WHERE until > clock_timestamp() AND list_id = ANY(%(lists)s::bigint[])
     UNION
    SELECT request_id FROM decision_request JOIN request ON request.id = request_id
     WHERE outcome = 'pending' AND list_id = ANY(%(lists)s::bigint[]))
SELECT request.id, request.state,
       CASE WHEN claimed_until > clock_timestamp() THEN claimed_by END AS claimed_by,
       ARRAY(SELECT watching.person FROM watching
              WHERE watching.request_id = request.id AND until > clock_timestamp()
              ORDER BY watching.person) AS looking,
       decision.id AS decision, decision.action AS pending,
       decision.decided_by AS pending_by, decision.due_at AS pending_until,
       request.decided_by, request.decided_how, request.decided_at,
       md5(request.note) AS note_digest
  FROM meant JOIN request ON request.id = meant.id
  LEFT JOIN decision_request ON decision_request.request_id = request.id
                            AND outcome = 'pending'
  LEFT JOIN decision ON decision.id = decision_id
 WHERE {within}
 ORDER BY request.id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Where a request stands, as far as others may have moved it."""

    id: int
    state: State
    claimed_by: str | None
    #: Who has it before their eyes.
    looking: Sequence[str]
    #: A decision that is on its way: which, what, whose, and until when to undo it.
    decision: int | None
    pending: Action | None
    pending_by: str | None
    pending_until: datetime | None
    decided_by: str | None
    decided_how: How | None
    decided_at: datetime | None
    #: Another one once somebody has left a note.
    note_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The standing of many requests; `mark` is what the next question gives back."""

    mark: str
    #: None where nothing has changed since the mark that was given.
    requests: tuple[Change, ...] | None


def look(
    conn: "psycopg.Connection[Any]",
    request_id: int,
    *,
    person: str,
    looks: timedelta = LOOKS,
) -> None:
    """Say that somebody looks at a request, or still does."""
    conn.execute(_LOOK, {"id": request_id, "person": person, "looks": looks})


def leave(conn: "psycopg.Connection[Any]", request_id: int, *, person: str) -> None:
    """Say that somebody does not look at a request any more."""
    conn.execute(_LEAVE, [request_id, person])


def looking(conn: "psycopg.Connection[Any]", request_id: int) -> list[str]:
    """Return who looks at a request."""
    return [row[0] for row in conn.execute(_LOOKING, [request_id])]


def changes(
    conn: "psycopg.Connection[Any]",
    *,
    ids: Sequence[int] = (),
    list_ids: Sequence[int] = (),
    within: Reach | None = None,
    since: str = "",
) -> Changes:
    """Return where requests stand, unless it is as it was at the mark `since`.

    These requests, and of these lists what somebody is at or has just decided; no
    others than those `within` which the reader has a say, if that is given.
    """
    wanted = {
        "ids": list(ids)[:MOST],
        "lists": list(list_ids),
        "lately": LATELY,
        "most": MOST,
        **(within.values if within else {}),
    }
    query = _CHANGES.format(within=within.say if within else "true").encode()
    with conn.cursor(row_factory=class_row(Change)) as cursor:
        found = tuple(cursor.execute(query, wanted).fetchall())
    mark = hashlib.sha256(repr(found).encode()).hexdigest()[:32]
    return Changes(mark=mark, requests=None if mark == since else found)
