"""How bad it is: scores of members whose mail comes back, by one query over the events.

Two policies.  `sympa` is Sympa's formula.  `days` is our own: a day whose copy came
back is worth `DAY` points, less for every day since whose copy did arrive, and less by
the year.  docs/explanation/bouncing.md says why.

Each score is given twice: over all that tells of the mailbox, and over what says that
there is no such user.  Only the latter leads to removal.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.rows import class_row

from listhub.lists.bounce_settings import BounceSettings

#: A day whose copy came back: two reach Sympa's first level (45), three its second (75).
DAY: Final = 25
#: So many days of posts that arrived halve what was before them ...
ARRIVED: Final = 4
#: ... and so do so many days without any posts.
AGE: Final = 365

#: What trouble says of the mailbox, in our own policy.  The others are about the
#: message or about us, and say nothing.
WEIGHTS: Final = {
    "no-such-user": 1.0,
    "mailbox-full": 0.5,
    "network": 0.5,
    "transient": 0.5,
    "unknown": 0.5,
}
NOBODY: Final = "no-such-user"

#: Whether an `event` counts: a failure that came after the last reset, in no group that
#: the breaker has set aside.
COUNTS: Final = """
         event.kind = 'bounce' AND event.action = 'failed'
     AND NOT EXISTS (SELECT FROM bounce_action AS reset
           WHERE reset.subscription_id = event.subscription_id
             AND reset.action = 'reset' AND reset.at >= event.at)
     AND NOT EXISTS (SELECT FROM bounce_breaker AS breaker
           WHERE breaker.list_id = event.list_id AND breaker.alike = event.alike
             AND (breaker.outgoing_id = event.outgoing_id
                  OR breaker.destination = lower(split_part(event.address, '@', -1))
                     AND breaker.day = (event.at AT TIME ZONE 'UTC')::date))
"""

# Once for each copy.
_COUNTED = f"""
WITH fresh AS (
  SELECT DISTINCT ON (event.subscription_id, coalesce(event.outgoing_id, -event.id))
         event.id, event.subscription_id, event.outgoing_id, event.at, event.status,
         event.diagnostic, event.trouble, event.proof, subscription.reception,
         person.address
    FROM bounce_event AS event
    JOIN subscription ON subscription.id = event.subscription_id
    JOIN person ON person.id = subscription.person_id
   WHERE event.list_id = %(list_id)s AND subscription.list_id = %(list_id)s
     AND (%(subscription_id)s::bigint IS NULL
          OR event.subscription_id = %(subscription_id)s)
     AND {COUNTS}
   ORDER BY event.subscription_id, coalesce(event.outgoing_id, -event.id), event.id
)
"""  # noqa: S608 - constants

# Sympa's, in its order of operations, in double precision as it has it.
_SYMPA = """
, counted AS (
  SELECT fresh.*, kind.only_nobody,
         floor(extract(epoch FROM at) / 86400)::int - %(delay)s AS day
    FROM fresh CROSS JOIN (VALUES (false), (true)) AS kind (only_nobody)
   WHERE NOT kind.only_nobody OR fresh.trouble = %(nobody)s
), bouncer AS (
  SELECT subscription_id, only_nobody, count(*)::float8 AS n, min(day) AS first_day,
         max(day) AS last_day,
         (array_agg(status ORDER BY at DESC, id DESC))[1] AS status
    FROM counted GROUP BY subscription_id, only_nobody
), traffic AS MATERIALIZED (
  SELECT floor(extract(epoch FROM created_at) / 86400)::int AS day,
         count(DISTINCT sequence) AS posts
    FROM outgoing WHERE list_id = %(list_id)s AND sequence IS NOT NULL GROUP BY 1
), scored AS (
  SELECT bouncer.subscription_id, only_nobody,
         CASE WHEN n < %(least)s OR last_day - first_day < %(period)s THEN NULL
              WHEN last_day = first_day THEN 0
              ELSE floor(n * ((n * (last_day - coalesce(seen.first_post, last_day))
                                 / (last_day - first_day))
                              / greatest(coalesce(seen.posts, 0), 1))
                         * CASE WHEN status LIKE '4%%' THEN 0.5 ELSE 1 END + 0.5)
         END AS score
    FROM bouncer LEFT JOIN LATERAL (
         SELECT sum(posts)::float8 AS posts, min(day) AS first_post FROM traffic
          WHERE traffic.day BETWEEN bouncer.first_day AND bouncer.last_day
         ) AS seen ON true
), per_member AS (
  SELECT subscription_id, max(score) FILTER (WHERE NOT only_nobody) AS score,
         max(score) FILTER (WHERE only_nobody) AS nobody
    FROM scored GROUP BY subscription_id
)
"""

# A report belongs to the day of its post, however long it took.  Posts of yesterday and
# today may still come back: only earlier ones have arrived.
_DAYS = """
, hit AS (
  SELECT fresh.subscription_id, fresh.reception,
         (coalesce(outgoing.created_at, fresh.at) AT TIME ZONE 'UTC')::date AS day,
         max(weight.points) AS weight,
         max(weight.points) FILTER (WHERE fresh.trouble = %(nobody)s) AS nobody
    FROM fresh LEFT JOIN outgoing ON outgoing.id = fresh.outgoing_id
    JOIN unnest(%(troubles)s::text[], %(points)s::float8[]) AS weight (trouble, points)
         ON weight.trouble = fresh.trouble
   GROUP BY 1, 2, 3
), traffic AS MATERIALIZED (
  SELECT DISTINCT mode, (created_at AT TIME ZONE 'UTC')::date AS day FROM outgoing
   WHERE list_id = %(list_id)s
     AND created_at < date_trunc('day', now(), 'UTC') - interval '1 day'
), told AS (
  -- Of the days with posts since, those that are hits themselves did not arrive.
  SELECT hit.*, (SELECT count(*) FROM traffic
                  WHERE traffic.mode = hit.reception AND traffic.day > hit.day)
         - count(traffic.day) OVER (PARTITION BY hit.subscription_id
               ORDER BY hit.day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
         AS arrived
    FROM hit LEFT JOIN traffic
         ON traffic.mode = hit.reception AND traffic.day = hit.day
), faded AS (
  SELECT told.*, power(0.5, greatest(today.day - told.day, 0) / %(age)s::float8)
         * power(0.5, told.arrived / %(arrived)s::float8) AS remains
    FROM told, (SELECT (now() AT TIME ZONE 'UTC')::date AS day) AS today
), per_member AS (
  SELECT subscription_id, round(%(day)s * sum(weight * remains)) AS score,
         round(%(day)s * sum(nobody * remains)) AS nobody
    FROM faded GROUP BY subscription_id
)
"""

_RESULT = """
SELECT fresh.subscription_id, fresh.address, per_member.score::bigint,
       coalesce(per_member.nobody, 0)::bigint AS nobody, count(*) AS reports,
       min(fresh.at) AS first_at, max(fresh.at) AS last_at,
       (array_agg(fresh.status ORDER BY fresh.at DESC, fresh.id DESC))[1] AS status,
       (array_agg(fresh.trouble ORDER BY fresh.at DESC, fresh.id DESC))[1] AS trouble,
       (array_agg(fresh.diagnostic ORDER BY fresh.at DESC, fresh.id DESC))[1]
           AS diagnostic,
       bool_and(fresh.proof = 'token') AS signed
  FROM fresh LEFT JOIN per_member USING (subscription_id)
 GROUP BY fresh.subscription_id, fresh.address, per_member.score, per_member.nobody
 ORDER BY per_member.score DESC NULLS LAST, fresh.address
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How bad it is with one member; None: too little is known to say."""

    subscription_id: int
    address: str
    score: int | None
    #: The same over reports that say that there is no such user.
    nobody: int
    reports: int
    first_at: datetime
    last_at: datetime
    #: Of the last report.
    status: str
    trouble: str
    diagnostic: str
    #: Whether every report bears a token of ours.
    signed: bool


def of_list(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    *,
    settings: BounceSettings,
    subscription_id: int | None = None,
) -> list[Score]:
    """Return the scores of a list's members, or of one of them, the worst first."""
    formula = _SYMPA if settings.bounce_policy == "sympa" else _DAYS
    values = {
        "list_id": list_id,
        "subscription_id": subscription_id,
        "nobody": NOBODY,
        "delay": settings.bounce_delay,
        "least": settings.minimum_bouncing_count,
        "period": settings.minimum_bouncing_period,
        "troubles": list(WEIGHTS),
        "points": list(WEIGHTS.values()),
        "day": DAY,
        "age": AGE,
        "arrived": ARRIVED,
    }
    with conn.cursor(row_factory=class_row(Score)) as cursor:
        query = (_COUNTED + formula + _RESULT).encode()
        return cursor.execute(query, values).fetchall()
