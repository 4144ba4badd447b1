"""The posts that a list sent lately, and how far each one's delivery is.

    page(conn, list_id)                    posts and digests, the newest first
    post(conn, list_id, trace)             one of them
    own(conn, row, "ann@a.example")        where are my messages?
    own_on(conn, [5, 7], "ann@a.example")  the same on several lists

Down to the single recipient goes `operators.recipients`, by the number of a part.  What
was sent is kept for as long as the site's retention says.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import psycopg

from listhub import clock
from listhub.delivery.tally import Tally, tallies
from listhub.lists import paging
from listhub.lists.digests import RECEPTIONS as DIGESTS
from listhub.lists.paging import Page
from listhub.lists.posting import ListRow
from listhub.mail.address import key, parse_addr_spec
from listhub.mail.headers import Headers

#: Posts of a page unless told: each has figures of its own.
SIZE = 20
#: How far back one's own messages are told, and how many.
OWN_PERIOD, MOST_OWN = timedelta(days=30), 50

_PAGE = """
SELECT DISTINCT created_at, trace FROM outgoing
 WHERE list_id = %(list_id)s AND (sequence IS NOT NULL OR mode = ANY(%(digests)s))
   {beyond}
 ORDER BY created_at {order}, trace {order} LIMIT %(limit)s
"""
_BEYOND = "AND (created_at, trace) {sign} (%(at)s, %(trace)s)"
_PARTS = """
SELECT outgoing.trace, outgoing.list_id, outgoing.id, outgoing.mode, outgoing.sequence,
       outgoing.message_id, outgoing.author, outgoing.created_at,
       CASE WHEN row_number() OVER (PARTITION BY outgoing.trace ORDER BY outgoing.id) = 1
            THEN outgoing.head END AS head,
       archived.permalink
  FROM outgoing LEFT JOIN archive_message AS archived
    ON archived.list_id = outgoing.list_id
   AND archived.message_id = outgoing.message_id
 WHERE outgoing.trace = ANY(%(traces)s) AND outgoing.list_id = ANY(%(lists)s)
   AND (outgoing.sequence IS NOT NULL OR outgoing.mode = ANY(%(digests)s))
 ORDER BY outgoing.id
"""
# A message of somebody is on its way, or somebody has it to decide, or it was sent.
_OWN_SENT = """
SELECT DISTINCT created_at, trace FROM outgoing
 WHERE list_id = ANY(%(lists)s) AND sequence IS NOT NULL AND created_at >= %(since)s
   AND lower(author) = ANY(%(forms)s)
 ORDER BY created_at DESC LIMIT %(most)s
"""
_OWN_HELD = """
SELECT created_at, trace, subject, state, waits_for, decided_at, reason, message_id,
       list_id
  FROM request
 WHERE list_id = ANY(%(lists)s) AND author_key = %(key)s AND kind = 'post'
   AND created_at >= %(since)s AND state NOT IN ('approved', 'confirmed')
 ORDER BY created_at DESC LIMIT %(most)s
"""
_OWN_WAITING = """
SELECT created_at, trace, meta->>'subject', message_id, list_id FROM spool_item
 WHERE stage = 'distribute' AND list_id = ANY(%(lists)s)
   AND (lower(reverse_path) = ANY(%(forms)s)
        OR lower(meta->>'author') = ANY(%(forms)s))
 ORDER BY created_at DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A post as one reception gets it: a message of its own."""

    outgoing_id: int
    #: The reception.
    mode: str
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A post, or a digest (without a number), and how far its delivery is."""

    trace: uuid.UUID
    list_id: int
    kind: Literal["post", "digest"]
    sequence: int | None
    message_id: str
    subject: str
    #: Of an anonymous list not for the eyes of its members.
    author: str
    created_at: datetime
    #: What the archive calls it, "" if it is not there.
    permalink: str
    #: By reception.
    parts: tuple[Part, ...]

    @property
    def tally(self) -> Tally:
        """All parts together."""
        return sum((part.tally for part in self.parts), Tally())


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Where a message of somebody's is; `sent` has the figures of its delivery."""

    at: datetime
    trace: uuid.UUID
    list_id: int
    message_id: str
    subject: str
    #: waiting: not looked at yet; held: a moderator has it; unconfirmed: its author
    #: has to confirm it; rejected: and `reason` says why; expired; sent.
    state: Literal["waiting", "held", "unconfirmed", "rejected", "expired", "sent"]
    decided_at: datetime | None = None
    reason: str = ""
    sent: Sent | None = None


def page(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    *,
    cursor: str = "",
    size: int = SIZE,
) -> Page[Sent]:
    """Return a page of what a list sent, the newest first; three statements."""
    place, size = paging.read(cursor, (datetime, str)), paging.bounded(size)
    back = place is not None and place.back
    beyond = _BEYOND.format(sign=">" if back else "<") if place else ""
    query = _PAGE.format(beyond=beyond, order="ASC" if back else "DESC")
    values: dict[str, object] = {
        "list_id": list_id,
        "digests": list(DIGESTS),
        "limit": size + 1,
    }
    if place is not None:
        at, trace = place.key
        values |= {"at": at, "trace": _uuid(str(trace))}
    found = conn.execute(query.encode(), values).fetchall()
    cut = paging.cut(
        found, size=size, cursor=place, key=lambda row: (row[0], str(row[1]))
    )
    sent = _sent(conn, [list_id], [row[1] for row in cut.rows])
    rows = tuple(sent[row[1]] for row in cut.rows if row[1] in sent)
    return Page(rows=rows, after=cut.after, before=cut.before)


def post(
    conn: "psycopg.Connection[Any]", list_id: int, trace: uuid.UUID
) -> Sent | None:
    """Return what a list sent on a trace, None if that is not known (any more)."""
    return _sent(conn, [list_id], [trace]).get(trace)


def own(conn: "psycopg.Connection[Any]", row: ListRow, address: str) -> tuple[Own, ...]:
    """Return where somebody's messages to a list are, the newest first.

    Those of the last 30 days, at most 50, whatever became of them; five statements.
    """
    return own_on(conn, [row.id], address)


def own_on(
    conn: "psycopg.Connection[Any]", list_ids: Sequence[int], address: str
) -> tuple[Own, ...]:
    """Return where somebody's messages to any of these lists are, as `own` does."""
    if parse_addr_spec(address.strip()) is None:
        return ()
    values = {
        "lists": list(list_ids),
        "key": key(address),
        "forms": sorted({address.strip().lower(), key(address)}),
        "since": clock.now() - OWN_PERIOD,
        "most": MOST_OWN,
    }
    waiting = [
        Own(
            at=at,
            trace=trace,
            list_id=list_id,
            message_id=message_id or "",
            subject=subject or "",
            state="waiting",
        )
        for at, trace, subject, message_id, list_id in conn.execute(
            _OWN_WAITING, values
        )
    ]
    held = [_held(found) for found in conn.execute(_OWN_HELD, values)]
    traces = [found[1] for found in conn.execute(_OWN_SENT, values)]
    sent = [
        Own(
            at=one.created_at,
            trace=one.trace,
            list_id=one.list_id,
            message_id=one.message_id,
            subject=one.subject,
            state="sent",
            sent=one,
        )
        for one in _sent(conn, list_ids, traces).values()
    ]
    every = sorted([*waiting, *held, *sent], key=lambda one: one.at, reverse=True)
    return tuple(every[:MOST_OWN])


def _sent(
    conn: "psycopg.Connection[Any]",
    list_ids: Sequence[int],
    traces: Sequence[uuid.UUID],
) -> Mapping[uuid.UUID, Sent]:
    """Return what was sent on these traces, in two statements."""
    if not traces:
        return {}
    values = {
        "lists": list(list_ids),
        "traces": list(traces),
        "digests": list(DIGESTS),
    }
    rows = conn.execute(_PARTS, values, binary=True).fetchall()
    figures = tallies(conn, [row[2] for row in rows])
    grouped: dict[uuid.UUID, list[tuple[Any, ...]]] = {}
    for row in rows:
        grouped.setdefault(row[0], []).append(row)
    return {
        trace: _one(trace, grouped[trace], figures)
        for trace in traces
        if trace in grouped
    }


def _one(
    trace: uuid.UUID, rows: Sequence[tuple[Any, ...]], figures: Mapping[int, Tally]
) -> Sent:
    _, list_id, _, _, sequence, message_id, author, created_at, head, link = rows[0]
    return Sent(
        trace=trace,
        list_id=list_id,
        kind="post" if sequence is not None else "digest",
        sequence=sequence,
        message_id=message_id,
        subject=Headers.parse(bytes(head)).text("Subject"),
        author=author,
        created_at=created_at,
        permalink=link or "",
        parts=tuple(
            Part(outgoing_id=row[2], mode=row[3], tally=figures[row[2]])
            for row in rows
            if row[2] in figures
        ),
    )


def _held(row: tuple[Any, ...]) -> Own:
    at, trace, subject, state, waits_for, decided_at, reason, message_id, list_id = row
    where: Mapping[str, Literal["held", "unconfirmed"]] = {
        "moderators": "held",
        "person": "unconfirmed",
    }
    return Own(
        at=at,
        trace=trace,
        list_id=list_id,
        message_id=message_id or "",
        subject=subject,
        state=where.get(waits_for, "held")
        if state == "waiting"
        else ("expired" if state == "expired" else "rejected"),
        decided_at=decided_at,
        reason=reason if state == "rejected" else "",
    )


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)
