"""One message's delivery, down to the single recipient: a page at a time.

A recipient's fate is the newest row of the ledger that covers their position
(`delivery.fate`); who has none is pending.  Recipients stand in the order of packets.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from listhub.lists import paging
from listhub.lists.paging import Page

#: What somebody can be asked for by; pending: without an answer yet.
State = Literal["delivered", "deferred", "refused", "expired", "pending"]
STATES: tuple[State, ...] = ("delivered", "deferred", "refused", "expired", "pending")

# The rows of the ledger that say something of a packet, once for all its positions.
# A message is sent within the days of delivery.expiry: later partitions are not asked.
_PAGE = """
SELECT packet.n AS packet, who.position::int AS position, who.address,
       coalesce(newest.state, 'pending') AS state, newest.at, newest.attempt,
       newest.relay, newest.code, newest.enhanced, newest.reply, newest.host
  FROM (SELECT packet.*, outgoing.created_at AS began
          FROM packet JOIN outgoing ON outgoing.id = packet.outgoing_id
         WHERE packet.outgoing_id = %(outgoing)s AND {packets}
         ORDER BY packet.n {order}) AS packet
 CROSS JOIN LATERAL unnest(packet.recipients) WITH ORDINALITY AS who (address, position)
  LEFT JOIN LATERAL (
       SELECT * FROM outcome
        WHERE packet_id = packet.id AND state <> 'possible_duplicate'
          AND who.position BETWEEN first AND last
          AND at >= packet.began AND at < packet.began + interval '40 days'
        ORDER BY at DESC LIMIT 1) AS newest ON true
 WHERE {condition}
 ORDER BY packet.n {order}, who.position {order} LIMIT %(limit)s
"""

# Few packets have an answer of a rare kind: only those are opened.
_WITH_ANSWER = """EXISTS (
    SELECT FROM outcome
     WHERE packet_id = packet.id AND state = %(state)s
       AND at >= outgoing.created_at AND at < outgoing.created_at + interval '40 days')"""

# A settled packet has all its answers.
_UNSETTLED = "packet.settled_at IS NULL"

_KINDS = (int, int)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """A recipient of a message, and the newest answer; `pending` has none."""

    #: The packet's number in the message, and the place in it from 1.
    packet: int
    position: int
    address: str
    state: State
    at: datetime | None
    attempt: int | None
    relay: str | None
    code: int | None
    enhanced: str | None
    reply: str | None
    host: str | None


def page(
    conn: "psycopg.Connection[Any]",
    outgoing_id: int,
    *,
    state: State | None = None,
    cursor: str = "",
    size: int = paging.SIZE,
) -> Page[Recipient]:
    """Return a page of a message's recipients, all or those in a state; one statement.

    SaidError for a wrong cursor.
    """
    at, size = paging.read(cursor, _KINDS), paging.bounded(size)
    back = at is not None and at.back
    packets, conditions = [], []
    if state is not None:
        packets.append(_UNSETTLED if state == "pending" else _WITH_ANSWER)
        conditions.append("coalesce(newest.state, 'pending') = %(state)s")
    if at is not None:
        packets.append(f"packet.n {'<=' if back else '>='} %(n)s")
        way = "<" if back else ">"
        conditions.append(f"(packet.n, who.position) {way} (%(n)s, %(position)s)")
    query = psycopg.sql.SQL(_PAGE).format(
        packets=psycopg.sql.SQL(" AND ".join(packets) or "true"),
        condition=psycopg.sql.SQL(" AND ".join(conditions) or "true"),
        order=psycopg.sql.SQL("DESC" if back else "ASC"),
    )
    n, position = at.key if at else (None, None)
    values = {
        "outgoing": outgoing_id,
        "state": state,
        "n": n,
        "position": position,
        "limit": size + 1,
    }
    with conn.cursor(row_factory=class_row(Recipient)) as rows:
        found = rows.execute(query, values).fetchall()
    return paging.cut(
        found, size=size, cursor=at, key=lambda one: (one.packet, one.position)
    )
