"""The processes that work, on all hosts: who is there, at what, and since when.

Each says so itself, one statement every EVERY seconds (a heartbeat), never for an item.
What is in work stands in the leases, which are looked at when somebody asks.  Time is
the database's: a process that is not heard of for FADED seconds is taken for dead.
Nothing depends on these rows.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.spool.tally import Counts

#: Seconds between two heartbeats, more or less.
EVERY = 20.0

#: After so many seconds of silence a process is taken for dead.
FADED = 65.0

#: Leased items of one process that are named; the rest is counted.
_NAMED = 10

#: Leases stand at the head of a room's index.
_HEAD = 10_000

# Sorted: two processes of one name, if that can be, do not wait in a ring.
_BEAT = """
WITH given AS (
    SELECT * FROM json_to_recordset(%(processes)s::json) AS given (
           name text, host text, pid bigint, kind text, pool text, version text,
           age float8, stage text, busy float8, memory bigint)
), seen AS (
    INSERT INTO process AS old (name, host, pid, kind, pool, version, started_at,
                                seen_at, stage, stage_since, memory)
    SELECT name, host, pid, kind, pool, version,
           statement_timestamp() - age * interval '1 s', statement_timestamp(), stage,
           statement_timestamp() - busy * interval '1 s', memory
      FROM given ORDER BY name
        ON CONFLICT (name) DO UPDATE
       SET host = excluded.host, pid = excluded.pid, kind = excluded.kind,
           pool = excluded.pool, version = excluded.version,
           started_at = excluded.started_at, seen_at = excluded.seen_at,
           stage = excluded.stage, stage_since = excluded.stage_since,
           memory = excluded.memory
)
INSERT INTO process_minute AS old (minute, process, stage, what, number)
SELECT date_trunc('minute', statement_timestamp()), process, stage, what, number
  FROM json_to_recordset(%(counts)s::json) AS counted (
       process text, stage text, what text, number bigint)
 ORDER BY process, stage, what
    ON CONFLICT (minute, process, stage, what) DO UPDATE
   SET number = old.number + excluded.number
"""

# This minute is not over: of the last one as much is counted as this one lacks.
_PROCESSES = """
SELECT process.name, process.host, process.pid, process.kind, process.pool,
       process.version, process.started_at, process.seen_at,
       extract(epoch FROM statement_timestamp() - process.seen_at)::float8 AS silent,
       process.stage, process.stage_since, process.memory,
       coalesce(done.minute, 0)::bigint AS settled_minute,
       coalesce(done.hour, 0)::bigint AS settled_hour
  FROM process
  LEFT JOIN (
       SELECT process, sum(number) AS hour,
              sum(number * CASE
                  WHEN minute = date_trunc('minute', statement_timestamp()) THEN 1
                  WHEN minute > statement_timestamp() - interval '2 min'
                  THEN 1 - extract(second FROM statement_timestamp()) / 60
                  ELSE 0 END) AS minute
         FROM process_minute
        WHERE minute > statement_timestamp() - interval '61 min' AND what = 'settled'
        GROUP BY process) AS done ON done.process = process.name
 ORDER BY process.host, process.kind DESC, process.pool, process.pid, process.name
"""

_IN_WORK = """
SELECT item.owner, item.id AS item, item.stage, item.list_id, list.address AS list,
       coalesce(item.since, item.created_at) AS since, item.lease_until, item.attempts,
       item.trace
  FROM unnest(%(stages)s::text[]) AS room (stage)
 CROSS JOIN LATERAL (
       SELECT * FROM (
              SELECT * FROM spool_item
               WHERE stage = room.stage AND state = 'ready'
               ORDER BY rank, id LIMIT %(head)s) AS head
        WHERE lease_until >= statement_timestamp()) AS item
  LEFT JOIN mailing_list AS list ON list.id = item.list_id
 ORDER BY item.owner, since, item.id
"""

_LEAVE = "DELETE FROM process WHERE name = ANY(%s)"

_PURGE = """
WITH gone AS (
    DELETE FROM process WHERE seen_at < statement_timestamp() - interval '1 hour'
    RETURNING 1
), old AS (
    DELETE FROM process_minute WHERE minute < statement_timestamp() - interval '1 day'
)
SELECT count(*) FROM gone
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Beat:
    """What a process says of itself; `name` is what it signs leases with."""

    name: str
    host: str
    pid: int
    #: worker or pump.
    kind: str
    #: The pools that it serves.
    pool: str
    version: str
    #: Seconds since it began.
    age: float
    #: The room that it is emptying, and for how many seconds.
    stage: str | None = None
    busy: float | None = None
    #: Bytes in memory.
    memory: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class InWork:
    """An item that a process has leased."""

    owner: str
    item: int
    stage: str
    list_id: int | None
    list: str | None
    #: When it was claimed.
    since: datetime
    lease_until: datetime
    attempts: int
    trace: object


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """A process as others see it."""

    name: str
    host: str
    pid: int
    kind: str
    pool: str
    version: str
    started_at: datetime | None
    seen_at: datetime | None
    #: Seconds since it was heard of; None: it has leases, but never said a word.
    silent: float | None
    #: The room that it was emptying when it was heard of, and since when.
    stage: str | None
    stage_since: datetime | None
    memory: int | None
    #: Items that it settled in the last minute, and in the last hour.
    settled_minute: int
    settled_hour: int
    #: How many items it has leased; the first of them, the oldest claim first.
    leased: int = 0
    items: tuple[InWork, ...] = ()

    @property
    def alive(self) -> bool:
        return self.silent is not None and self.silent < FADED


def beat(
    conn: "psycopg.Connection[Any]",
    beats: Sequence[Beat],
    counts: Sequence[tuple[str, Counts]],
) -> None:
    """Write down who is there, and what each counted; one statement."""
    processes = [{name: getattr(one, name) for name in Beat.__slots__} for one in beats]
    counted = [
        {"process": process, "stage": stage, "what": what, "number": number}
        for process, each in counts
        for (stage, what), number in each.items()
    ]
    values = {"processes": json.dumps(processes), "counts": json.dumps(counted)}
    conn.execute(_BEAT, values)


def leave(conn: "psycopg.Connection[Any]", names: Sequence[str]) -> None:
    """Forget processes that end; their figures stay."""
    conn.execute(_LEAVE, [list(names)])


def purge(conn: "psycopg.Connection[Any]") -> int:
    """Forget processes of an hour ago and figures of yesterday; return how many."""
    row = conn.execute(_PURGE).fetchone()
    return int(row[0]) if row else 0


def processes(conn: "psycopg.Connection[Any]", stages: Sequence[str]) -> list[Process]:
    """Return the processes by host and pool, with what they have leased of `stages`.

    Two statements.  Whoever holds leases and does not say so (a process of an older
    release) is listed as well.
    """
    with conn.cursor(row_factory=class_row(Process)) as cursor:
        known = cursor.execute(_PROCESSES).fetchall()
    with conn.cursor(row_factory=class_row(InWork)) as items:
        rows = items.execute(_IN_WORK, {"stages": list(stages), "head": _HEAD})
        leased: dict[str, list[InWork]] = {}
        for row in rows:
            leased.setdefault(row.owner, []).append(row)
    names = {one.name for one in known}
    silent = [_unknown(name) for name in sorted(set(leased) - names)]
    return [_with_items(one, leased.get(one.name, [])) for one in [*known, *silent]]


def _with_items(process: Process, items: Sequence[InWork]) -> Process:
    return replace(process, leased=len(items), items=tuple(items[:_NAMED]))


def _unknown(name: str) -> Process:
    host, _, pid = name.partition("/")
    number = pid.partition("/")[0]
    return Process(
        name=name,
        host=host,
        pid=int(number) if number.isdecimal() else 0,
        kind="",
        pool="",
        version="",
        started_at=None,
        seen_at=None,
        silent=None,
        stage=None,
        stage_since=None,
        memory=None,
        settled_minute=0,
        settled_hour=0,
    )
