"""Statistics: what each list did on each day, summed up before the history of it goes.

A day (UTC) is summed up for all lists by one statement, over the history of posts, the
ledger, the audit and the requests.  It may be summed up any number of times: history
only grows while it is kept, so of two sums the larger one is right.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

#: How figures are put together: by the day, by the month from its first day on, by year.
Unit = Literal["day", "month", "year"]

#: A day may be added to for so long after it is over: what began then is settled.
_SETTLED = timedelta(hours=2)

# One row for each list, measure and source of it; the outer query puts them side by side.
_POSTS = """
SELECT history.list_id, count(*) AS posts, sum(coalesce(body.size, 0)) AS bytes_in
  FROM spool_history AS history LEFT JOIN body ON body.id = history.body_id
 WHERE history.stage = 'distribute' AND history.verdict = 'done'
   AND history.settled_at >= %(from)s AND history.settled_at < %(until)s
 GROUP BY history.list_id
"""
# Copies of posts and digests: notices and probes are not what a list is for.
_COPIES = """
SELECT outgoing.list_id,
       sum(answered.delivered) AS delivered, sum(answered.failed) AS failed,
       sum(answered.deferred) AS deferred
  FROM (SELECT packet_id,
               sum(last - first + 1) FILTER (WHERE state = 'delivered') AS delivered,
               sum(last - first + 1)
                   FILTER (WHERE state IN ('refused', 'expired')) AS failed,
               sum(last - first + 1) FILTER (WHERE state = 'deferred') AS deferred
          FROM outcome WHERE at >= %(from)s AND at < %(until)s
         GROUP BY packet_id) AS answered
  JOIN packet ON packet.id = answered.packet_id
  JOIN outgoing ON outgoing.id = packet.outgoing_id
 WHERE outgoing.sequence IS NOT NULL
    OR outgoing.mode IN ('digest', 'digest_text', 'index')
 GROUP BY outgoing.list_id
"""
# Who does something to themselves is the actor and the address; sources and bounces are
# no persons, and whoever else it was is called an owner here.
_MEMBERS = """
SELECT list_id,
       sum(came) FILTER (WHERE word = 'self') AS joined_self,
       sum(came) FILTER (WHERE word IN ('owner', 'bounces')) AS joined_owner,
       sum(came) FILTER (WHERE word = 'source') AS joined_source,
       sum(went) FILTER (WHERE word = 'self') AS left_self,
       sum(went) FILTER (WHERE word = 'owner') AS left_owner,
       sum(went) FILTER (WHERE word = 'bounces') AS left_bounces,
       sum(went) FILTER (WHERE word = 'source') AS left_source
  FROM (SELECT list_id,
               CASE action WHEN 'member.add' THEN coalesce((detail->>'added')::bigint, 1)
                           WHEN 'source.sync' THEN (detail->>'added')::bigint
               END AS came,
               CASE action WHEN 'member.del'
                           THEN coalesce((detail->>'removed')::bigint, 1)
                           WHEN 'source.sync' THEN (detail->>'removed')::bigint
               END AS went,
               CASE WHEN action = 'source.sync' THEN 'source'
                    WHEN actor = 'bounces' THEN 'bounces'
                    WHEN lower(actor) = lower(coalesce(detail->>'address',
                                                       detail->'addresses'->>0))
                    THEN 'self' ELSE 'owner' END AS word
          FROM audit
         WHERE at >= %(from)s AND at < %(until)s
           AND (action IN ('member.add', 'member.del')
                OR action = 'source.sync' AND detail->>'role' = 'member'
                   AND NOT detail ? 'stopped')) AS change
 GROUP BY list_id
"""
_HELD = """
SELECT list_id, count(*) AS held FROM request
 WHERE kind = 'post' AND waits_for = 'moderators'
   AND created_at >= %(from)s AND created_at < %(until)s
 GROUP BY list_id
"""
_DECIDED = """
SELECT list_id, count(*) FILTER (WHERE state = 'approved') AS approved,
       count(*) FILTER (WHERE state IN ('rejected', 'discarded', 'spam')) AS rejected
  FROM request
 WHERE kind = 'post' AND waits_for = 'moderators'
   AND state IN ('approved', 'rejected', 'discarded', 'spam')
   AND decided_at >= %(from)s AND decided_at < %(until)s
 GROUP BY list_id
"""

#: Each source of figures, and what it gives.
_SOURCES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_POSTS, ("posts", "bytes_in")),
    (_COPIES, ("delivered", "failed", "deferred")),
    (
        _MEMBERS,
        (
            *("joined_self", "joined_owner", "joined_source"),
            *("left_self", "left_owner", "left_bounces", "left_source"),
        ),
    ),
    (_HELD, ("held",)),
    (_DECIDED, ("approved", "rejected")),
)
_COLUMNS: tuple[str, ...] = tuple(
    column for _, columns in _SOURCES for column in columns
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What happened in one day, month or year that begins with `day`; a sum of lists."""

    day: date
    posts: int = 0
    #: Octets of the posts as they came.
    bytes_in: int = 0
    #: Copies of posts and digests that a relay took, that were given up, and how often
    #: one was put off.
    delivered: int = 0
    failed: int = 0
    deferred: int = 0
    #: Members who came of their own wish, by an owner's word, and from a source.
    joined_self: int = 0
    joined_owner: int = 0
    joined_source: int = 0
    #: Members who went likewise, or since their mail came back.
    left_self: int = 0
    left_owner: int = 0
    left_bounces: int = 0
    left_source: int = 0
    #: Posts that were held for moderators, approved, and refused or thrown away.
    held: int = 0
    approved: int = 0
    rejected: int = 0

    @property
    def joined(self) -> int:
        return self.joined_self + self.joined_owner + self.joined_source

    @property
    def left(self) -> int:
        return self.left_self + self.left_owner + self.left_bounces + self.left_source


#: The names of the figures, in the order in which they are shown.
MEASURES: tuple[str, ...] = tuple(
    field.name for field in fields(Figures) if field.name != "day"
)


def _sum_up() -> str:
    """Return the statement that sums up one day for all lists."""
    parts = [
        "SELECT list_id, {} FROM ({}) AS found".format(  # noqa: S608 - constants
            ", ".join(column if column in columns else "0" for column in _COLUMNS),
            query,
        )
        for query, columns in _SOURCES
    ]
    named = ", ".join(_COLUMNS)
    sums = ", ".join(f"coalesce(sum({column}), 0)" for column in _COLUMNS)
    kept = ", ".join(
        f"{column} = greatest(list_day.{column}, excluded.{column})"
        for column in _COLUMNS
    )
    return f"""
INSERT INTO list_day (list_id, day, {named})
SELECT list.id, %(day)s, {sums}
  FROM ({" UNION ALL ".join(parts)}) AS part (list_id, {named})
  JOIN mailing_list AS list ON list.id = part.list_id
 GROUP BY list.id
    ON CONFLICT (list_id, day) DO UPDATE SET {kept}
"""  # noqa: S608 - put together from constants


_COUNTED = """
INSERT INTO counted_day (day) VALUES (%s)
    ON CONFLICT (day) DO UPDATE SET counted_at = clock_timestamp()
"""
# Days that are not over, or were not when they were summed up: today, which people look
# at, and then the oldest, whose history goes first.
_DUE = """
SELECT day::date FROM generate_series(
           (now() AT TIME ZONE 'UTC')::date - %(back)s::int,
           (now() AT TIME ZONE 'UTC')::date, interval '1 day') AS day
  LEFT JOIN counted_day USING (day)
 WHERE counted_at IS NULL
    OR counted_at < (day::date + 1)::timestamp AT TIME ZONE 'UTC' + %(settled)s
 ORDER BY day < (now() AT TIME ZONE 'UTC')::date, day LIMIT %(limit)s
"""
_OF = """
SELECT date_trunc(%(unit)s, day::timestamp)::date AS day, {sums}
  FROM list_day
 WHERE day >= %(since)s AND day < %(until)s
   AND (%(list_id)s::bigint IS NULL OR list_id = %(list_id)s)
   AND (%(domain_id)s::bigint IS NULL
        OR list_id IN (SELECT id FROM mailing_list WHERE domain_id = %(domain_id)s))
 GROUP BY 1 ORDER BY 1
"""
_PURGE = """
DELETE FROM list_day WHERE (list_id, day) IN (
    SELECT list_id, day FROM list_day
     WHERE day < (now() AT TIME ZONE 'UTC')::date - %s::int LIMIT %s)
"""
_PURGE_COUNTED = """
DELETE FROM counted_day WHERE day < (now() AT TIME ZONE 'UTC')::date - %s::int
"""


def due(conn: "psycopg.Connection[Any]", *, back: int, limit: int = 100) -> list[date]:
    """Return days to be summed up, at most `back` days ago: today, then the oldest.

    Today is always due, and each day once more after its end.
    """
    values = {"back": back, "settled": _SETTLED, "limit": limit}
    return [day for (day,) in conn.execute(_DUE, values)]


def sum_up(conn: "psycopg.Connection[Any]", day: date) -> int:
    """Sum up one day (UTC) for all lists; return how many lists did anything on it."""
    begin = f"{day:%Y-%m-%d} 00:00+00"
    end = f"{day + timedelta(days=1):%Y-%m-%d} 00:00+00"
    lists = conn.execute(
        _sum_up().encode(), {"day": day, "from": begin, "until": end}
    ).rowcount
    conn.execute(_COUNTED, [day])
    return lists


def of_list(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    *,
    since: date,
    until: date,
    unit: Unit = "day",
) -> list[Figures]:
    """Return a list's figures from `since` until before `until`, oldest first.

    Days, months or years in which nothing was done are left out.
    """
    return _figures(conn, list_id=list_id, since=since, until=until, unit=unit)


def of_site(
    conn: "psycopg.Connection[Any]",
    *,
    since: date,
    until: date,
    unit: Unit = "day",
    domain_id: int | None = None,
) -> list[Figures]:
    """Return the figures of all lists together, of one domain or of all."""
    return _figures(conn, domain_id=domain_id, since=since, until=until, unit=unit)


def total(figures: Iterable[Figures], *, day: date) -> Figures:
    """Return the sum of figures, as of `day`."""
    summed = dict.fromkeys(MEASURES, 0)
    for each in figures:
        for name in MEASURES:
            summed[name] += getattr(each, name)
    return Figures(day=day, **summed)


def purge(conn: "psycopg.Connection[Any]", *, days: int, limit: int = 50_000) -> int:
    """Delete up to `limit` figures that are older than so many days; return how many."""
    conn.execute(_PURGE_COUNTED, [days])
    return conn.execute(_PURGE, [days, limit]).rowcount


def _figures(
    conn: "psycopg.Connection[Any]",
    *,
    since: date,
    until: date,
    unit: Unit,
    list_id: int | None = None,
    domain_id: int | None = None,
) -> list[Figures]:
    sums = ", ".join([f"sum({name})::bigint AS {name}" for name in MEASURES])
    values = {
        "unit": unit,
        "since": since,
        "until": until,
        "list_id": list_id,
        "domain_id": domain_id,
    }
    cursor = conn.cursor(row_factory=class_row(Figures))
    return cursor.execute(_OF.replace("{sums}", sums).encode(), values).fetchall()
