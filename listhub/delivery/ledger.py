"""The ledger: what each recipient of each packet was answered, append-only.

A row covers a run of neighbouring positions with the same answer: one row for a
packet delivered as a whole, one row per recipient for VERP, more where recipients of
one transaction were answered differently.  What is still to do follows from the
rows: positions that no final answer covers.  Nothing else is stored about progress,
so a worker that dies leaves nothing to repair.
"""

import contextlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import psycopg

State = Literal["delivered", "deferred", "refused", "expired", "possible_duplicate"]

#: A recipient with one of these is done with.
FINAL = ("delivered", "refused", "expired")

_LOAD = """
SELECT packet.id, packet.outgoing_id, packet.verp, packet.recipients,
       packet.subscriptions, packet.tries,
       extract(epoch FROM now() - packet.created_at)::float8,
       outgoing.list_id, outgoing.trace, outgoing.head, outgoing.body_id,
       outgoing.body_offset, outgoing.bounce_address,
       coalesce(done.runs, '{}'), outgoing.treatment
  FROM packet JOIN outgoing ON outgoing.id = packet.outgoing_id
  LEFT JOIN LATERAL (
       SELECT array_agg(ARRAY[first::int, last::int]) AS runs
         FROM outcome WHERE packet_id = packet.id
          AND state IN ('delivered', 'refused', 'expired')
          AND outcome.at >= packet.created_at
       ) AS done ON true
 WHERE packet.id = ANY(%s)
"""

# Arrays as text in one piece, which costs a third of what a list of values does.
_RECORD = """
INSERT INTO outcome (packet_id, first, last, state, attempt, relay, code, enhanced,
                     reply, host)
SELECT packet_id, first, last, %(state)s, %(attempt)s, %(relay)s, %(code)s,
       %(enhanced)s, coalesce(reply, ''), %(host)s
  FROM unnest(%(packet_id)s::bigint[], %(first)s::int[], %(last)s::int[],
              string_to_array(%(reply)s, E'\n'))
       AS new (packet_id, first, last, reply)
"""

# After a commit whose answer was lost: what did arrive is not written twice.
_RECORD_MISSING = (
    _RECORD
    + """
 WHERE NOT EXISTS (SELECT FROM outcome o
        WHERE o.packet_id = new.packet_id AND o.first = new.first
          AND o.attempt = %(attempt)s AND o.state = %(state)s)
"""
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """A packet as the sender needs it: whom, from which message, what is left."""

    id: int
    outgoing_id: int
    verp: bool
    recipients: Sequence[str]
    subscriptions: Sequence[int]
    #: Finished tries before this one.
    tries: int
    #: Seconds since the packet was made.
    age: float
    list_id: int | None
    trace: uuid.UUID
    head: bytes
    body_id: int | None
    body_offset: int
    bounce_address: str
    #: Positions, from 1, without a final answer.
    pending: tuple[int, ...]
    #: As stored; see `treatment.Treatment`.
    treatment: Mapping[str, Any] = field(default_factory=dict)


class Outcome(NamedTuple):
    """An answer for the positions `first` to `last` of a packet.

    One is made per transaction, so it is a tuple: a frozen dataclass takes thrice as
    long to make.
    """

    packet_id: int
    first: int
    last: int
    state: State
    attempt: int
    relay: str
    code: int
    enhanced: str
    reply: str


#: What outcomes of many packets share: state, attempt, relay, code, enhanced status.
_Answer = tuple[State, int, str, int, str]


def load(conn: "psycopg.Connection[Any]", packet_ids: Sequence[int]) -> list[Parcel]:
    """Return the packets with what is left to do of each, in no order."""
    rows = conn.execute(_LOAD, [list(packet_ids)], binary=True).fetchall()
    return [
        Parcel(
            id=row[0],
            outgoing_id=row[1],
            verp=row[2],
            recipients=row[3],
            subscriptions=row[4],
            tries=row[5],
            age=row[6],
            list_id=row[7],
            trace=row[8],
            head=bytes(row[9]),
            body_id=row[10],
            body_offset=row[11],
            bounce_address=row[12],
            pending=_pending(len(row[3]), row[13]),
            treatment=row[14],
        )
        for row in rows
    ]


def _pending(size: int, done: Sequence[Sequence[int]]) -> tuple[int, ...]:
    if not done:
        return tuple(range(1, size + 1))
    covered = {n for first, last in done for n in range(first, last + 1)}
    return tuple(n for n in range(1, size + 1) if n not in covered)


def record(
    conn: "psycopg.Connection[Any]",
    outcomes: Sequence[Outcome],
    *,
    host: str,
    again: bool = False,
) -> None:
    """Append outcomes, all or none; `again`: part of them may be there already."""
    alike: dict[_Answer, list[Outcome]] = {}
    for outcome in outcomes:
        alike.setdefault(outcome[3:8], []).append(outcome)
    statement = _RECORD_MISSING if again else _RECORD
    with conn.transaction() if len(alike) > 1 else contextlib.nullcontext():
        for answer, rows in alike.items():
            conn.execute(statement, _parameters(answer, rows, host))


def _parameters(answer: _Answer, rows: list[Outcome], host: str) -> dict[str, object]:
    return {
        **dict(zip(Outcome._fields[3:8], answer, strict=True)),
        "host": host,
        "packet_id": _array([row.packet_id for row in rows]),
        "first": _array([row.first for row in rows]),
        "last": _array([row.last for row in rows]),
        "reply": "\n".join([row.reply.replace("\n", " ") for row in rows]),
    }


def _array(numbers: list[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


def tried(
    conn: "psycopg.Connection[Any]", *, settled: Sequence[int], deferred: Sequence[int]
) -> None:
    """Count a finished try of packets; `settled` ones have all their answers."""
    if settled:
        conn.execute(
            "UPDATE packet SET tries = tries + 1, settled_at = now()"
            " WHERE id = ANY(%s)",
            [list(settled)],
        )
    if deferred:
        conn.execute(
            "UPDATE packet SET tries = tries + 1 WHERE id = ANY(%s)", [list(deferred)]
        )


def runs(positions: Sequence[int]) -> list[tuple[int, int]]:
    """Return ascending positions as (first, last) runs of neighbours."""
    found: list[tuple[int, int]] = []
    for position in positions:
        if found and found[-1][1] == position - 1:
            found[-1] = (found[-1][0], position)
        else:
            found.append((position, position))
    return found
