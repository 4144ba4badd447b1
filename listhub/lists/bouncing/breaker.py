"""The breaker: when too many are bounced with the same words, nobody is to blame.

A message that a filter takes for spam, a destination whose directory is down: hundreds
of healthy members bounce alike.  Such a group of reports, of one message or of one
destination on one day, is set aside: no score counts it, and the owners are told once.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import psycopg
from psycopg.rows import class_row

from listhub.config import Settings
from listhub.lists.bounce_settings import BounceSettings
from listhub.lists.notices import group, place as places
from listhub.lists.notices.to_owners import BOUNCES_SET_ASIDE, SetAside
from listhub.spool.items import NewItem

#: Fewer people than these are never a group: of two members one is half.
LEAST_OF_MESSAGE: Final = 5
LEAST_OF_DESTINATION: Final = 10

#: Reports older than this open no breaker any more.
_LOOK_BACK: Final = timedelta(days=3)

_BUSY = """
SELECT DISTINCT list_id FROM bounce_event
 WHERE at > now() - %(since)s AND kind = 'bounce' AND action = 'failed' AND alike <> ''
   AND list_id IS NOT NULL
 ORDER BY list_id
"""

# What is new says which messages are looked at; all of each is counted.
_OF_MESSAGES = """
INSERT INTO bounce_breaker (list_id, alike, outgoing_id, day, trouble, diagnostic,
                            bounced, recipients)
SELECT outgoing.list_id, event.alike, outgoing.id,
       (outgoing.created_at AT TIME ZONE 'UTC')::date, max(event.trouble),
       max(event.diagnostic), count(DISTINCT event.address), outgoing.recipients
  FROM outgoing JOIN bounce_event AS event ON event.outgoing_id = outgoing.id
 WHERE outgoing.list_id = %(list_id)s AND event.list_id = %(list_id)s
   AND outgoing.id IN (SELECT outgoing_id FROM bounce_event
                        WHERE list_id = %(list_id)s AND at > now() - %(since)s)
   AND event.kind = 'bounce' AND event.action = 'failed' AND event.alike <> ''
 GROUP BY outgoing.id, event.alike
HAVING count(DISTINCT event.address) >= %(least)s
   AND count(DISTINCT event.address) * 100 > outgoing.recipients * %(percent)s
    ON CONFLICT DO NOTHING
RETURNING *
"""
_OF_DESTINATIONS = """
WITH alike AS (
  SELECT lower(split_part(address, '@', -1)) AS destination, alike,
         (at AT TIME ZONE 'UTC')::date AS day, max(trouble) AS trouble,
         max(diagnostic) AS diagnostic, count(DISTINCT address) AS bounced
    FROM bounce_event
   WHERE list_id = %(list_id)s AND alike <> '' AND kind = 'bounce'
     AND action = 'failed'
     AND at > date_trunc('day', now() - %(since)s, 'UTC')
   GROUP BY 1, 2, 3 HAVING count(DISTINCT address) >= %(least)s
), there AS (
  SELECT alike.*, (
         SELECT count(*) FROM subscription
           JOIN person ON person.id = subscription.person_id
          WHERE subscription.list_id = %(list_id)s
            AND split_part(person.address_key, '@', -1) = alike.destination
         ) AS members
    FROM alike
)
INSERT INTO bounce_breaker (list_id, alike, destination, day, trouble, diagnostic,
                            bounced, recipients)
SELECT %(list_id)s, alike, destination, day, trouble, diagnostic, bounced,
       greatest(members, bounced)
  FROM there WHERE bounced * 100 > members * %(percent)s
    ON CONFLICT DO NOTHING
RETURNING *
"""
# Ten posts that one filter refuses are one piece of news a day.
_TELL = """
UPDATE bounce_breaker SET told_at = now()
 WHERE id = %(id)s AND NOT EXISTS (
       SELECT FROM bounce_breaker AS other
        WHERE other.list_id = %(list_id)s AND other.alike = %(alike)s
          AND other.told_at > now() - interval '1 day')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """A group of reports that do not count, as it was when it opened."""

    id: int
    list_id: int
    alike: str
    outgoing_id: int | None
    destination: str
    day: Any
    trouble: str
    diagnostic: str
    bounced: int
    recipients: int
    opened_at: Any
    told_at: Any


def busy(conn: "psycopg.Connection[Any]", *, since: timedelta) -> list[int]:
    """Return the lists that have had reports of failure since."""
    return [row[0] for row in conn.execute(_BUSY, {"since": since})]


def watch(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    *,
    settings: BounceSettings,
    site: Settings,
    trace: uuid.UUID,
) -> tuple[int, tuple[NewItem, ...]]:
    """Open what is to be opened on a list; return how many, and the items to emit.

    However often this runs, on however many hosts, each group is opened and told once.
    """
    opened = [
        *_open(conn, _OF_MESSAGES, list_id, settings, least=LEAST_OF_MESSAGE),
        *_open(conn, _OF_DESTINATIONS, list_id, settings, least=LEAST_OF_DESTINATION),
    ]
    items: list[NewItem] = []
    for each in sorted(opened, key=lambda one: -one.bounced):
        values = {"id": each.id, "list_id": list_id, "alike": each.alike}
        if conn.execute(_TELL, values).rowcount:
            items += _tell(conn, each, site=site, trace=trace)
    return len(opened), tuple(items)


def _open(
    conn: "psycopg.Connection[Any]",
    query: str,
    list_id: int,
    settings: BounceSettings,
    *,
    least: int,
) -> list[Breaker]:
    values = {
        "list_id": list_id,
        "since": _LOOK_BACK,
        "least": least,
        "percent": settings.bounce_breaker_percent,
    }
    with conn.cursor(row_factory=class_row(Breaker)) as cursor:
        return cursor.execute(query.encode(), values).fetchall()


def _tell(
    conn: "psycopg.Connection[Any]", one: Breaker, *, site: Settings, trace: uuid.UUID
) -> tuple[NewItem, ...]:
    place = places.of_list(conn, one.list_id, settings=site)
    if place is None:
        return ()
    values = SetAside(
        count=one.bounced,
        recipients=one.recipients,
        destination=one.destination,
        reply=one.diagnostic,
    )
    return group.tell(
        conn, BOUNCES_SET_ASIDE, values, place=place, settings=site, trace=trace
    )
