"""Progress: how far decisions are that workers carry out, and what did not work."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from listhub.lists.moderation.outcomes import Action
from listhub.lists.moderation.request import How
from listhub.mail import encoded_words

Outcome = Literal["pending", "done", "already", "failed", "undone"]

#: Those of a person that are shown: on their way, or ended so lately.
LATELY = timedelta(minutes=10)

_WHAT = """CASE request.kind WHEN 'post' THEN request.subject
     ELSE coalesce(nullif(request.detail->>'command', ''), request.kind) END"""
_PROGRESS = """
SELECT decision.id, decision.action, decision.decided_by, decision.decided_how,
       decision.created_at, decision.due_at, decision.undone_at, decision.total,
       clock_timestamp() < decision.due_at AS can_undo_all,
       count(*) FILTER (WHERE outcome = 'pending') AS pending,
       count(*) FILTER (WHERE outcome = 'done') AS done,
       count(*) FILTER (WHERE outcome = 'already') AS already,
       count(*) FILTER (WHERE outcome = 'failed') AS failed,
       count(*) FILTER (WHERE outcome = 'undone') AS undone,
       CASE WHEN decision.total = 1 THEN min(request_id) END AS request_id,
       CASE WHEN decision.total = 1 THEN
            (SELECT {what} FROM request WHERE request.id = min(request_id)) END AS what,
       greatest(extract(epoch FROM decision.due_at - clock_timestamp()), 0)::float8
           AS undo_for
  FROM decision LEFT JOIN decision_request ON decision_id = decision.id
 WHERE {condition}
 GROUP BY decision.id ORDER BY decision.id DESC LIMIT 50
"""
_ONE = "decision.id = %s"
_LATELY = """
decision.decided_by = %s AND (decision.created_at > now() - %s
    OR EXISTS (SELECT FROM decision_request AS left_over
                WHERE left_over.decision_id = decision.id AND outcome = 'pending'))
"""
_RESULTS = """
SELECT request_id, outcome, decision_request.reason, settled_at, state AS state,
       coalesce(request.decided_by, '') AS decided_by,
       {what} AS what
  FROM decision_request JOIN request ON request.id = request_id
 WHERE decision_id = %(id)s AND request_id > %(after)s
   AND (%(outcomes)s::text[] IS NULL OR outcome = ANY(%(outcomes)s))
 ORDER BY request_id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One decision, and how many requests it has decided."""

    id: int
    action: Action
    decided_by: str
    decided_how: How
    created_at: datetime
    due_at: datetime
    undone_at: datetime | None
    total: int
    #: It has not begun; later only what is left can be undone.
    can_undo_all: bool
    pending: int
    done: int
    already: int
    failed: int
    undone: int
    #: Of a decision about one request: which, and a few words about it.
    request_id: int | None
    what: str | None
    #: Seconds until it takes effect; 0 where that has begun.
    undo_for: float

    @property
    def finished(self) -> bool:
        """Whether nothing of it is on its way any more."""
        return not self.pending


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one request by a decision."""

    request_id: int
    outcome: Outcome
    #: Why it failed; "" where it did not.
    reason: str
    settled_at: datetime | None
    #: The request's own state, and who decided it: somebody else, if `already`.
    state: str
    decided_by: str
    what: str


def of_decision(conn: "psycopg.Connection[Any]", decision_id: int) -> Progress | None:
    """Return how far a decision is, None if there is none."""
    found = _progress(conn, _ONE, decision_id)
    return found[0] if found else None


def of_person(conn: "psycopg.Connection[Any]", person: str) -> list[Progress]:
    """Return somebody's decisions that are on their way or were lately, newest first."""
    return _progress(conn, _LATELY, encoded_words.safe(person), LATELY)


def results(
    conn: "psycopg.Connection[Any]",
    decision_id: int,
    *,
    outcomes: tuple[Outcome, ...] | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[Result]:
    """Return what became of each request, by number, after a number."""
    wanted = {
        "id": decision_id,
        "after": after,
        "outcomes": None if outcomes is None else list(outcomes),
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Result)) as cursor:
        query = _RESULTS.format(what=_WHAT).encode()
        return cursor.execute(query, wanted).fetchall()


def _progress(
    conn: "psycopg.Connection[Any]", condition: str, *values: object
) -> list[Progress]:
    query = _PROGRESS.format(condition=condition, what=_WHAT).encode()
    with conn.cursor(row_factory=class_row(Progress)) as cursor:
        return cursor.execute(query, values).fetchall()
