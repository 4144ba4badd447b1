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
from listhub.mail.encoded_words import safe

#: What somebody can be asked for by; pending: without an answer yet.
State = Literal["delivered", "deferred", "refused", "expired", "pending"]
STATES: tuple[State, ...] = ("delivered", "deferred", "refused", "expired", "pending")

# As many packets are opened as a page can need, in the order of a message; one more, for
# of the one in which the page before ended nothing may be left.  The rows of the ledger
# are looked for from when the message was made on, and as long as it can be in work.
_PAGE = """
SELECT packet.n AS packet, who.position::int AS position, who.address,
       coalesce(who.state, 'pending') AS state, who.at, who.attempt, who.relay,
       who.code, who.enhanced, who.reply, who.host
  FROM (SELECT packet.id, packet.n, packet.recipients, outgoing.created_at AS began
          FROM outgoing JOIN packet ON packet.outgoing_id = outgoing.id {answered}
         WHERE outgoing.id = %(outgoing)s AND {packets}
         ORDER BY packet.n {order} {limit}) AS packet
 CROSS JOIN LATERAL (
       SELECT one.address, one.position, answer.*
         FROM unnest(packet.recipients) WITH ORDINALITY AS one (address, position)
         LEFT JOIN (
              SELECT DISTINCT ON (place) place, outcome.*
                FROM outcome CROSS JOIN generate_series(first::int, last::int) AS place
               WHERE packet_id = packet.id AND state <> 'possible_duplicate'
                 AND at >= packet.began AND at < packet.began + interval '40 days'
               ORDER BY place, at DESC) AS answer ON answer.place = one.position
       ) AS who
 WHERE {condition}
 ORDER BY packet.n {order}, who.position {order} LIMIT %(limit)s
"""

# Lateral, and not EXISTS, which would be made a join of all packets with the ledger.
_ANSWERED = """
 CROSS JOIN LATERAL (
       SELECT FROM outcome
        WHERE packet_id = packet.id AND state = %(state)s AND at >= outgoing.created_at
          AND at < outgoing.created_at + interval '40 days' LIMIT 1) AS answered"""

_LIMIT = "LIMIT %(limit)s + 1"

#: What is not final stands in packets that are not settled.
_UNSETTLED = "packet.settled_at IS NULL"

_HAS_TEXT = """EXISTS (
    SELECT FROM unnest(packet.recipients) AS address
     WHERE strpos(lower(address), %(text)s) > 0)"""

_KINDS = (int, int)
_LONGEST = 200  # characters that are searched for


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
    text: str = "",
    cursor: str = "",
    size: int = paging.SIZE,
) -> Page[Recipient]:
    """Return a page of a message's recipients, all or those in a state; one statement.

    `text` is part of their addresses.  SaidError for a wrong cursor.
    """
    at, size = paging.read(cursor, _KINDS), paging.bounded(size)
    back = at is not None and at.back
    packets, conditions = [], []
    if state is not None:
        conditions.append("coalesce(who.state, 'pending') = %(state)s")
    if state in {"pending", "deferred"}:
        packets.append(_UNSETTLED)
    if text:
        packets.append(_HAS_TEXT)
        conditions.append("strpos(lower(who.address), %(text)s) > 0")
    if at is not None:
        packets.append(f"packet.n {'<=' if back else '>='} %(n)s")
        way = "<" if back else ">"
        conditions.append(f"(packet.n, who.position) {way} (%(n)s, %(position)s)")
    part = psycopg.sql.SQL
    query = part(_PAGE).format(
        answered=part("" if state in {None, "pending"} else _ANSWERED),
        packets=part(" AND ".join(packets) or "true"),
        # Of the others any number may have nobody in that state.
        limit=part("" if state in {"pending", "deferred"} else _LIMIT),
        condition=part(" AND ".join(conditions) or "true"),
        order=part("DESC" if back else "ASC"),
    )
    n, position = at.key if at else (None, None)
    values = {
        "outgoing": outgoing_id,
        "state": state,
        "text": safe(text[:_LONGEST]).strip().lower(),
        "n": n,
        "position": position,
        "limit": size + 1,
    }
    with conn.cursor(row_factory=class_row(Recipient)) as rows:
        found = rows.execute(query, values).fetchall()
    return paging.cut(
        found, size=size, cursor=at, key=lambda one: (one.packet, one.position)
    )
