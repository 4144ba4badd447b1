"""What became of a message's recipients, read from the ledger.

A recipient's fate is the newest row that covers its position; a row that says
`possible_duplicate` is a remark and no fate.  Who has no row yet is pending.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.delivery.outgoing import sort_key
from listhub.mail.address import key

_OUTGOING = """
SELECT outgoing.id, outgoing.list_id, list.address AS list, outgoing.trace,
       outgoing.message_id, outgoing.sequence, outgoing.mode, outgoing.recipients,
       outgoing.created_at,
       (SELECT count(*) FROM packet WHERE outgoing_id = outgoing.id) AS packets
  FROM outgoing LEFT JOIN mailing_list AS list ON list.id = outgoing.list_id
"""

_BY_TRACE = _OUTGOING + " WHERE outgoing.trace = ANY(%(traces)s) ORDER BY outgoing.id"

_TRACES = "SELECT DISTINCT trace FROM outgoing WHERE message_id = %s"

_LATEST = """
WITH latest AS (
    SELECT DISTINCT ON (packet.id, place.n)
           packet.id AS packet_id, place.n, outcome.state, outcome.at
      FROM packet
      JOIN outcome ON outcome.packet_id = packet.id AND outcome.at >= %(since)s
       AND outcome.state <> 'possible_duplicate'
     CROSS JOIN LATERAL generate_series(outcome.first::int, outcome.last::int) AS place (n)
     WHERE packet.outgoing_id = %(id)s
     ORDER BY packet.id, place.n, outcome.at DESC
)
SELECT state, count(*) AS recipients, min(at) AS first, max(at) AS last
  FROM latest GROUP BY state ORDER BY min(at)
"""

_DUPLICATES = """
SELECT coalesce(sum(outcome.last - outcome.first + 1), 0)
  FROM packet JOIN outcome ON outcome.packet_id = packet.id AND outcome.at >= %(since)s
 WHERE packet.outgoing_id = %(id)s AND outcome.state = 'possible_duplicate'
"""

_HOSTS = """
SELECT array_agg(DISTINCT split_part(outcome.host, '/', 1)),
       array_agg(DISTINCT outcome.relay) FILTER (WHERE outcome.relay <> '')
  FROM packet JOIN outcome ON outcome.packet_id = packet.id AND outcome.at >= %(since)s
 WHERE packet.outgoing_id = %(id)s
"""

# Those who have had an answer other than "delivered", and not "delivered" later.
_EXCEPTIONS = """
SELECT DISTINCT ON (packet.id, place.n)
       packet.id AS packet_id, packet.recipients[place.n] AS address, outcome.state,
       outcome.at, outcome.attempt, outcome.relay, outcome.code, outcome.enhanced,
       outcome.reply, outcome.host
  FROM packet
  JOIN outcome ON outcome.packet_id = packet.id AND outcome.at >= %(since)s
   AND outcome.state IN ('deferred', 'refused', 'expired')
 CROSS JOIN LATERAL generate_series(outcome.first::int, outcome.last::int) AS place (n)
 WHERE packet.outgoing_id = %(id)s
   AND NOT EXISTS (
       SELECT FROM outcome AS later
        WHERE later.packet_id = packet.id AND later.at >= outcome.at
          AND later.state = 'delivered'
          AND place.n BETWEEN later.first AND later.last)
 ORDER BY packet.id, place.n, outcome.at DESC
 LIMIT %(limit)s
"""

# Code order, as the keys were sorted when the packets were made.
_TO_ADDRESS = """
SELECT outgoing.id, list.address AS list, outgoing.trace, outgoing.message_id,
       outgoing.sequence, outgoing.mode, outgoing.created_at, packet.id AS packet_id,
       packet.recipients
  FROM (SELECT * FROM outgoing
         WHERE created_at >= %(since)s
           AND (%(list_id)s::bigint IS NULL OR list_id = %(list_id)s)
         ORDER BY created_at DESC LIMIT %(messages)s) AS outgoing
  JOIN packet ON packet.outgoing_id = outgoing.id AND EXISTS (
       SELECT FROM unnest(%(keys)s::text[]) AS wanted (key)
        WHERE packet.first_key COLLATE "C" <= wanted.key COLLATE "C"
          AND packet.last_key COLLATE "C" >= wanted.key COLLATE "C")
  LEFT JOIN mailing_list AS list ON list.id = outgoing.list_id
 ORDER BY outgoing.created_at DESC, packet.id
"""

_ANSWERS = """
SELECT packet_id, first, last, state, at, attempt, relay, code, enhanced, reply, host
  FROM outcome WHERE packet_id = ANY(%(packets)s) AND at >= %(since)s
 ORDER BY at
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaving:
    """A message that left or leaves; `mode`: each, dsn, notice, forward."""

    id: int
    list_id: int | None
    list: str | None
    trace: uuid.UUID
    message_id: str
    sequence: int | None
    mode: str
    recipients: int
    created_at: datetime
    packets: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """How many recipients are in a state, and when the first and last came to it."""

    state: str
    recipients: int
    first: datetime
    last: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one recipient was answered last."""

    packet_id: int
    address: str
    state: str
    at: datetime
    attempt: int
    relay: str
    code: int
    enhanced: str
    reply: str
    host: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """Counts by newest state; `pending` have no answer at all yet."""

    counts: tuple[Count, ...]
    pending: int
    possible_duplicates: int
    hosts: tuple[str, ...]
    relays: tuple[str, ...]
    #: Recipients that are not delivered, at most as many as were asked for.
    exceptions: tuple[Answer, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """One recipient's copy of one message: every answer, oldest first."""

    outgoing_id: int
    list: str | None
    trace: uuid.UUID
    message_id: str
    sequence: int | None
    mode: str
    created_at: datetime
    address: str
    answers: tuple[Answer, ...]


def of_traces(
    conn: "psycopg.Connection[Any]", traces: Sequence[uuid.UUID]
) -> list[Leaving]:
    """Return the messages that left on these traces, oldest first."""
    with conn.cursor(row_factory=class_row(Leaving)) as cursor:
        return cursor.execute(_BY_TRACE, {"traces": list(traces)}).fetchall()


def traces_of_message(
    conn: "psycopg.Connection[Any]", message_id: str
) -> set[uuid.UUID]:
    """Return the traces on which a message with this Message-ID left."""
    return {row[0] for row in conn.execute(_TRACES, [message_id])}


def fate(conn: "psycopg.Connection[Any]", message: Leaving, *, limit: int) -> Fate:
    """Return what became of a message's recipients; up to `limit` exceptions."""
    values: Mapping[str, object] = {
        "id": message.id,
        "since": message.created_at,
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Count)) as cursor:
        counts = cursor.execute(_LATEST, values).fetchall()
    with conn.cursor(row_factory=class_row(Answer)) as cursor:
        exceptions = cursor.execute(_EXCEPTIONS, values).fetchall()
    doubled = conn.execute(_DUPLICATES, values).fetchone()
    who = conn.execute(_HOSTS, values).fetchone()
    return Fate(
        counts=tuple(counts),
        pending=message.recipients - sum(count.recipients for count in counts),
        possible_duplicates=int(doubled[0]) if doubled else 0,
        hosts=tuple(who[0] or ()) if who else (),
        relays=tuple(who[1] or ()) if who else (),
        exceptions=tuple(exceptions),
    )


def copies(
    conn: "psycopg.Connection[Any]",
    address: str,
    *,
    since: datetime,
    list_id: int | None = None,
    messages: int = 200,
) -> list[Copy]:
    """Return an address's copies of the newest `messages` messages, newest first."""
    wanted = key(address)
    # Members are sorted by their address's key, other people by the address itself.
    keys = {sort_key(address), sort_key(wanted)}
    rows = conn.execute(
        _TO_ADDRESS,
        {
            "since": since,
            "list_id": list_id,
            "messages": messages,
            "keys": sorted(keys),
        },
    ).fetchall()
    found = [
        (row, position, written)
        for row in rows
        for position, written in enumerate(row[8], start=1)
        if key(written) == wanted
    ]
    answers = conn.execute(
        _ANSWERS, {"packets": [row[7] for row, _, _ in found], "since": since}
    ).fetchall()
    return [
        Copy(
            outgoing_id=row[0],
            list=row[1],
            trace=row[2],
            message_id=row[3],
            sequence=row[4],
            mode=row[5],
            created_at=row[6],
            address=written,
            answers=tuple(
                Answer(
                    packet_id=one[0],
                    address=written,
                    state=one[3],
                    at=one[4],
                    attempt=one[5],
                    relay=one[6],
                    code=one[7],
                    enhanced=one[8],
                    reply=one[9],
                    host=one[10],
                )
                for one in answers
                if one[0] == row[7] and one[1] <= position <= one[2]
            ),
        )
        for row, position, written in found
    ]
