"""Figures of the rooms, cheap however full they are.

A room is counted up to MOST items through the index of the claim; beyond that the
planner's estimate is given and marked as one.  An item waits from when its turn
began: since it was put or became due, and for a packet of a large post since its
list's share came round (see ranking.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.spool.ranking import PRIORITY_STEP

#: Exact up to here.
MOST = 10_000

#: A ready item is overdue after waiting so many seconds, unless the caller says.
LATE = 300.0

# The leased ones are at the head of the index, so a counted part holds them all.
_ROOMS = """
SELECT stage.name AS stage, least(head.ready, %(most)s) AS ready,
       head.seen > %(most)s AS ready_estimated, head.leased, head.oldest,
       least(later.deferred, %(most)s) AS deferred,
       later.deferred > %(most)s AS deferred_estimated,
       greatest(head.attempts, later.attempts) AS most_attempts
  FROM unnest(%(stages)s::text[]) WITH ORDINALITY AS stage (name, n)
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE NOT leased) AS ready,
              count(*) FILTER (WHERE leased) AS leased, count(*) AS seen,
              CASE WHEN bool_or(NOT leased) THEN greatest(extract(epoch FROM
                       statement_timestamp()
                       - min(turn) FILTER (WHERE NOT leased)), 0)::float8 END AS oldest,
              coalesce(max(attempts), 0) AS attempts
         FROM (SELECT coalesce(lease_until >= statement_timestamp(), false) AS leased,
                      rank - priority * %(step)s AS turn, attempts
                 FROM spool_item WHERE stage = stage.name AND state = 'ready'
                ORDER BY rank, id LIMIT %(most)s + 1) AS first
       ) AS head
 CROSS JOIN LATERAL (
       SELECT count(*) AS deferred, coalesce(max(attempts), 0) AS attempts
         FROM (SELECT attempts FROM spool_item
                WHERE stage = stage.name AND state = 'deferred'
                ORDER BY due_at LIMIT %(most)s + 1) AS first
       ) AS later
 ORDER BY stage.n
"""

_ASIDE = """
SELECT stage, state, count(*), max(attempts) FROM spool_item
 WHERE state IN ('parked', 'held', 'buried') GROUP BY stage, state
"""

_SETTLED = """
SELECT stage, count(*) FILTER (WHERE settled_at > statement_timestamp() - '1 min'::interval),
       count(*)
  FROM spool_history WHERE settled_at > statement_timestamp() - '1 hour'::interval
 GROUP BY stage
"""

_ESTIMATE = (
    "EXPLAIN (FORMAT JSON) SELECT FROM spool_item WHERE stage = {} AND state = {}"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """One stage's figures; ages in seconds."""

    stage: str
    #: How long the oldest ready item has waited for its turn; None: nothing waits.
    oldest: float | None
    ready: int
    ready_estimated: bool = False
    #: In work: leased at this moment.
    leased: int
    deferred: int
    deferred_estimated: bool = False
    parked: int = 0
    held: int = 0
    buried: int = 0
    #: The most attempts that any waiting item has had.
    most_attempts: int
    settled_minute: int = 0
    settled_hour: int = 0


def rooms(conn: "psycopg.Connection[Any]", stages: Sequence[str]) -> list[Room]:
    """Return the figures of these stages, in their order."""
    with conn.cursor(row_factory=class_row(Room)) as cursor:
        found = cursor.execute(
            _ROOMS, {"stages": list(stages), "most": MOST, "step": PRIORITY_STEP}
        ).fetchall()
    aside = {
        (row[0], row[1]): (int(row[2]), int(row[3])) for row in conn.execute(_ASIDE)
    }
    settled = {row[0]: (int(row[1]), int(row[2])) for row in conn.execute(_SETTLED)}
    return [_complete(conn, room, aside, settled) for room in found]


def problems(figures: Sequence[Room], *, late: float = LATE) -> list[str]:
    """Return one sentence for each thing that an operator should look at."""
    said = []
    for room in figures:
        if room.oldest is not None and room.oldest > late:
            said.append(
                f"In {room.stage} the oldest item has waited {duration(room.oldest)}."
            )
        if room.buried:
            items = "item is" if room.buried == 1 else "items are"
            said.append(f"In {room.stage} {room.buried:,} {items} buried.")
    return said


def duration(seconds: float | None) -> str:
    """Return a length of time for people: its two largest units."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    for size, name, smaller, small in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {name}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def _complete(
    conn: "psycopg.Connection[Any]",
    room: Room,
    aside: dict[tuple[str, str], tuple[int, int]],
    settled: dict[str, tuple[int, int]],
) -> Room:
    counts = {
        state: aside.get((room.stage, state), (0, 0))
        for state in ("parked", "held", "buried")
    }
    minute, hour = settled.get(room.stage, (0, 0))
    return replace(
        room,
        ready=_estimate(conn, room.stage, "ready", room.ready)
        if room.ready_estimated
        else room.ready,
        deferred=_estimate(conn, room.stage, "deferred", room.deferred)
        if room.deferred_estimated
        else room.deferred,
        parked=counts["parked"][0],
        held=counts["held"][0],
        buried=counts["buried"][0],
        most_attempts=max(room.most_attempts, *(most for _, most in counts.values())),
        settled_minute=minute,
        settled_hour=hour,
    )


def _estimate(
    conn: "psycopg.Connection[Any]", stage: str, state: str, least: int
) -> int:
    """Return what the planner thinks, which its statistics of the last analyze say."""
    query = psycopg.sql.SQL(_ESTIMATE).format(
        psycopg.sql.Literal(stage), psycopg.sql.Literal(state)
    )
    row = conn.execute(query).fetchone()
    return max(least, int(row[0][0]["Plan"]["Plan Rows"]) if row else 0)
