"""What became of a message's recipients, read from the ledger.

A recipient's fate is the newest row that covers its position; a row that says
`possible_duplicate` is a remark and no fate.  Who has no row yet is pending.
"""

import itertools
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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

# In the order of packets and time.  Runs are opened here and not in SQL: for a
# function's rows the planner guesses a thousand each, and compiles the statement.
_OUTCOMES = """
SELECT outcome.packet_id, outcome.first, outcome.last, outcome.state, outcome.at,
       outcome.relay, outcome.host
  FROM packet JOIN outcome ON outcome.packet_id = packet.id AND outcome.at >= %(since)s
 WHERE packet.outgoing_id = %(id)s
 ORDER BY outcome.packet_id, outcome.at
"""

_RECIPIENTS = "SELECT id, recipients FROM packet WHERE id = ANY(%s)"

# Of each message one packet may hold the address: the last one that does not begin
# behind it, in code order, as the keys were sorted when the packets were made.
_TO_ADDRESS = """
SELECT outgoing.id, list.address AS list, outgoing.trace, outgoing.message_id,
       outgoing.sequence, outgoing.mode, outgoing.created_at, packet.id AS packet_id,
       packet.recipients
  FROM outgoing
 CROSS JOIN LATERAL (
       SELECT DISTINCT ON (found.id) found.id, found.recipients
         FROM (VALUES (false), (true)) AS kind (verp)
        CROSS JOIN unnest(%(keys)s::text[]) AS wanted (key)
        CROSS JOIN LATERAL (
              SELECT id, recipients, last_key FROM packet
               WHERE outgoing_id = outgoing.id AND packet.verp = kind.verp
                 AND first_key COLLATE "C" <= wanted.key COLLATE "C"
               ORDER BY first_key COLLATE "C" DESC LIMIT 1) AS found
        WHERE found.last_key COLLATE "C" >= wanted.key COLLATE "C"
          AND EXISTS (SELECT FROM unnest(found.recipients) AS who
                       WHERE lower(who) = ANY(%(forms)s))) AS packet
  LEFT JOIN mailing_list AS list ON list.id = outgoing.list_id
 WHERE outgoing.created_at >= %(since)s
   AND (%(until)s::timestamptz IS NULL OR outgoing.created_at < %(until)s)
   AND (%(list_id)s::bigint IS NULL OR outgoing.list_id = %(list_id)s)
   AND (%(before_id)s::bigint IS NULL
        OR (outgoing.created_at, outgoing.id) < (%(before_at)s, %(before_id)s))
 ORDER BY outgoing.created_at DESC, outgoing.id DESC LIMIT %(messages)s
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
    rows = conn.execute(
        _OUTCOMES, {"id": message.id, "since": message.created_at}, binary=True
    ).fetchall()
    newest: dict[str, list[datetime]] = {}
    exceptions: list[tuple[int, int]] = []
    for packet_id, answers in itertools.groupby(rows, key=lambda row: row[0]):
        for position, (state, at) in sorted(_newest(answers).items()):
            newest.setdefault(state, []).append(at)
            if state != "delivered" and len(exceptions) < limit:
                exceptions.append((packet_id, position))
    counts = [
        Count(state=state, recipients=len(times), first=min(times), last=max(times))
        for state, times in newest.items()
    ]
    return Fate(
        counts=tuple(sorted(counts, key=lambda one: -one.recipients)),
        pending=message.recipients - sum(one.recipients for one in counts),
        possible_duplicates=sum(
            row[2] - row[1] + 1 for row in rows if row[3] == "possible_duplicate"
        ),
        # Written host/process; people ask for hosts.
        hosts=tuple(sorted({row[6].partition("/")[0] for row in rows})),
        relays=tuple(sorted({row[5] for row in rows if row[5]})),
        exceptions=tuple(_last_answers(conn, exceptions, since=message.created_at)),
    )


def _newest(
    answers: Iterable[tuple[Any, ...]],
) -> dict[int, tuple[str, datetime]]:
    """Return the newest state of each position of one packet, given oldest first."""
    found: dict[int, tuple[str, datetime]] = {}
    for _packet, first, last, state, at, *_ in answers:
        if state != "possible_duplicate":
            for position in range(first, last + 1):
                found[position] = state, at
    return found


def _last_answers(
    conn: "psycopg.Connection[Any]",
    wanted: Sequence[tuple[int, int]],
    *,
    since: datetime,
) -> Iterator[Answer]:
    """Yield the newest answer of each (packet, position)."""
    if not wanted:
        return
    packets = sorted({packet for packet, _ in wanted})
    recipients = dict(conn.execute(_RECIPIENTS, [packets]).fetchall())
    answers = conn.execute(_ANSWERS, {"packets": packets, "since": since}).fetchall()
    for packet, position in wanted:
        covering = _covering(answers, packet, position)
        fates = [row for row in covering if row[3] != "possible_duplicate"]
        yield _answer(fates[-1], recipients[packet][position - 1])


def _covering(
    answers: Sequence[tuple[Any, ...]], packet: int, position: int
) -> list[tuple[Any, ...]]:
    return [row for row in answers if row[0] == packet and row[1] <= position <= row[2]]


def _answer(row: tuple[Any, ...], address: str) -> Answer:
    return Answer(
        packet_id=row[0],
        address=address,
        state=row[3],
        at=row[4],
        attempt=row[5],
        relay=row[6],
        code=row[7],
        enhanced=row[8],
        reply=row[9],
        host=row[10],
    )


def copies(
    conn: "psycopg.Connection[Any]",
    address: str,
    *,
    since: datetime,
    until: datetime | None = None,
    before: tuple[datetime, int] | None = None,
    list_id: int | None = None,
    messages: int = 200,
) -> list[Copy]:
    """Return an address's copies of the newest `messages` messages, newest first.

    `before`: (created_at, outgoing_id) of the last one of the page before.
    """
    wanted = key(address)
    # Members are sorted by their address's key, other people by the address itself.
    keys = {sort_key(address), sort_key(wanted)}
    if before is not None:
        # What is newer is not even looked at.
        there = before[0] + timedelta(microseconds=1)
        until = min(until, there) if until else there
    rows = conn.execute(
        _TO_ADDRESS,
        {
            "since": since,
            "until": until,
            "before_at": before[0] if before else None,
            "before_id": before[1] if before else None,
            "list_id": list_id,
            "messages": messages,
            "keys": sorted(keys),
            "forms": sorted({address.lower(), wanted.lower()}),
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
                _answer(one, written) for one in _covering(answers, row[7], position)
            ),
        )
        for row, position, written in found
    ]
