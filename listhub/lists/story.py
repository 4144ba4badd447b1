"""Where is my message: its life from intake to every recipient's last answer.

A story follows one trace, which every item, outgoing message, outcome and operator's
change of a mail can be found by.  A Message-ID may have several (cross-posts); all
are told.  The narrow rows are kept for different times (settings `retention`), so an
old story begins where they still do.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.delivery import fate
from listhub.delivery.fate import Fate, Leaving
from listhub.delivery.outgoing import SEND
from listhub.spool import audit, browse
from listhub.spool.browse import Past, Waiting

# By list and time: the one index that serves it.
_BOUNCES = """
SELECT at, address, source, action, status, diagnostic FROM bounce_event
 WHERE list_id = %(list_id)s AND at >= %(since)s AND outgoing_id = %(outgoing_id)s
 ORDER BY at LIMIT %(limit)s
"""

#: Operators' changes are looked up for at most so many items.
_MOST_ITEMS = 1000

_DONE = {
    "distribute": "distributed as {note}",
    "forward": "{note}",
    "archive": "archived",
    "bounce": "read as a report of non-delivery: {note}",
    "task": "{note}",
}
_ENDED = {
    "refused": "refused: {note}",
    "dropped": "dropped: {note}",
    "duplicate": "dropped, since the list has had a post with its Message-ID",
    "expired": "given up: {note}",
}
_MODES = {
    "dsn": "a report to the sender",
    "notice": "a notice to the owners",
    "forward": "a copy for those who hold the role",
    "remind": "a reminder to members",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One thing that happened, when, and on which host if that is known."""

    at: datetime
    host: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounce:
    """A report of non-delivery about one recipient of a message."""

    at: datetime
    address: str
    source: str
    action: str
    status: str
    diagnostic: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """A message that left on the trace, and what became of its recipients."""

    message: Leaving
    fate: Fate
    #: When deferred recipients are tried next.
    next_try: datetime | None
    bounces: tuple[Bounce, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """The life of one mail, its lines in the order of time."""

    trace: uuid.UUID
    message_id: str
    list: str
    lines: tuple[Line, ...]
    sendings: tuple[Sending, ...]
    #: What still waits, packets included.
    waiting: int


def traces_of_message(
    conn: "psycopg.Connection[Any]", message_id: str
) -> list[uuid.UUID]:
    """Return the traces of a Message-ID, with or without its brackets."""
    bare = "".join(message_id.split()).removeprefix("<").removesuffix(">")
    return sorted(
        browse.traces_of_message(conn, bare) | fate.traces_of_message(conn, bare)
    )


def trace_of_item(conn: "psycopg.Connection[Any]", item_id: int) -> uuid.UUID | None:
    """Return the trace of an item, wherever it is by now."""
    found = browse.item(conn, item_id) or browse.past_item(conn, item_id)
    return found.trace if found else None


def tell(
    conn: "psycopg.Connection[Any]",
    traces: Sequence[uuid.UUID],
    *,
    list_id: int | None = None,
    exceptions: int = 20,
) -> list[Story]:
    """Return the stories of these traces, of one list only if it is given.

    `exceptions`: how many recipients without a copy are named for each message.
    """
    waiting = browse.of_traces(conn, traces)
    past = browse.past_of_traces(conn, traces)
    leaving = fate.of_traces(conn, traces)
    everything: list[Waiting | Past | Leaving] = [*waiting, *past, *leaving]
    stories = [
        _story(
            conn,
            trace,
            [item for item in waiting if item.trace == trace],
            [item for item in past if item.trace == trace],
            [message for message in leaving if message.trace == trace],
            exceptions=exceptions,
        )
        for trace in traces
        if list_id is None
        or any(row.trace == trace and row.list_id == list_id for row in everything)
    ]
    return sorted(
        (story for story in stories if story.lines), key=lambda one: one.lines[0].at
    )


def _story(
    conn: "psycopg.Connection[Any]",
    trace: uuid.UUID,
    waiting: Sequence[Waiting],
    past: Sequence[Past],
    leaving: Sequence[Leaving],
    *,
    exceptions: int,
) -> Story:
    rows: list[Past | Waiting] = [*past, *waiting]
    packets = [item for item in waiting if item.stage == SEND]
    sendings = tuple(
        _sending(conn, message, packets, exceptions=exceptions) for message in leaving
    )
    lines = [
        *(line for item in rows for line in _accepted(item)),
        *(_ended(item) for item in past if _is_told(item)),
        *(_waits(item) for item in waiting if item.stage != SEND),
        *_packets(packets),
        *_deeds(conn, rows),
        *(line for sending in sendings for line in _left(sending)),
    ]
    return Story(
        trace=trace,
        message_id=next((row.message_id for row in rows if row.message_id), None)
        or next((message.message_id for message in leaving), ""),
        list=next((row.list for row in rows if row.list), None)
        or next((message.list for message in leaving if message.list), ""),
        lines=tuple(sorted(lines, key=lambda line: line.at)),
        sendings=sendings,
        waiting=len(waiting),
    )


def _sending(
    conn: "psycopg.Connection[Any]",
    message: Leaving,
    packets: Sequence[Waiting],
    *,
    exceptions: int,
) -> Sending:
    with conn.cursor(row_factory=class_row(Bounce)) as cursor:
        bounces = cursor.execute(
            _BOUNCES,
            {
                "list_id": message.list_id,
                "since": message.created_at,
                "outgoing_id": message.id,
                "limit": exceptions,
            },
        ).fetchall()
    return Sending(
        message=message,
        fate=fate.fate(conn, message, limit=exceptions),
        next_try=min((item.due_at for item in packets if item.due_at), default=None),
        # What relays refused is told among the answers.
        bounces=tuple(bounce for bounce in bounces if bounce.source == "dsn"),
    )


def _accepted(item: Past | Waiting) -> Iterator[Line]:
    """Yield how the mail came in, if this is the item that intake made."""
    via = item.meta.get("via")
    if not via:
        return
    host = str(item.meta.get("host") or "")
    client = item.meta.get("client")
    yield Line(
        at=item.created_at,
        host=host,
        text=f"accepted from <{item.reverse_path or ''}> for {item.recipient}"
        + (f" by host {host}" if host else "")
        + f" over {via}"
        + (f" from {client}" if client else "")
        + (f" ({size(item.size)})" if item.size is not None else ""),
    )


def _is_told(item: Past) -> bool:
    """Tell whether an end gets a line: packets only when an operator dropped them."""
    return item.stage != SEND or item.verdict == "dropped"


def _ended(item: Past) -> Line:
    form = _ENDED.get(item.verdict) or _DONE.get(item.stage) or "{note}"
    text = form.format(note=item.note or item.verdict)
    return Line(
        at=item.settled_at,
        host=_host(item.owner),
        text=f"{item.stage} {item.id}: {text}" if item.stage == SEND else text,
    )


def _waits(item: Waiting) -> Line:
    reason = (item.reason or "").partition("\n")[0]
    match item.state:
        case "leased":
            text = f"is being worked on in {item.stage}, attempt {item.attempts}"
        case "deferred":
            text = f"deferred in {item.stage} until {_moment(item.due_at)}: {reason}"
        case "ready":
            text = f"waits in {item.stage} for its turn"
        case state:
            text = f"{state} in {item.stage}" + (f": {reason}" if reason else "")
    return Line(
        at=item.created_at,
        host=_host(item.owner) if item.state == "leased" else "",
        text=f"{text} (item {item.id})",
    )


def _packets(packets: Sequence[Waiting]) -> Iterator[Line]:
    """Yield one line for each state in which packets wait."""
    for state in browse.STATES:
        found = [item for item in packets if item.state == state]
        if found:
            numbers = ", ".join(str(item.id) for item in found[:5])
            more = ", …" if len(found) > 5 else ""
            yield Line(
                at=max(item.created_at for item in found),
                host="",
                text=f"{count(len(found), 'packet')} {_STATES.get(state, state)}"
                f" (item {numbers}{more})",
            )


_STATES = {"ready": "waiting for their turn", "leased": "being sent"}


def _deeds(
    conn: "psycopg.Connection[Any]", items: Sequence[Past | Waiting]
) -> Iterator[Line]:
    if not items:
        return
    for deed in audit.deeds(
        conn,
        [item.id for item in items][:_MOST_ITEMS],
        since=min(item.created_at for item in items),
    ):
        text = f"item {deed.item}: {deed.action} by {deed.actor}"
        yield Line(at=deed.at, host="", text=text)


def _left(sending: Sending) -> Iterator[Line]:
    message, found = sending.message, sending.fate
    what = _MODES.get(message.mode)
    yield Line(
        at=message.created_at,
        host="",
        text=(f"{what}, " if what else "")
        + f"ready to leave for {count(message.recipients, 'recipient')}"
        f" in {count(message.packets, 'packet')}",
    )
    if found.counts:
        last = max(one.last for one in found.counts)
        yield Line(at=last, host=", ".join(found.hosts), text=summary(sending))
    for bounce in sending.bounces:
        yield Line(
            at=bounce.at,
            host="",
            text=f"a report came back: {bounce.address} {bounce.action}"
            f" {bounce.status} {bounce.diagnostic}".rstrip(),
        )


def summary(sending: Sending) -> str:
    """Return one sentence on all recipients: "980 delivered, 15 deferred, 5 refused"."""
    found = sending.fate
    parts = []
    for one in found.counts:
        later = (
            f" (next try {_moment(sending.next_try)})"
            if one.state == "deferred" and sending.next_try
            else ""
        )
        parts.append(f"{one.recipients:,} {one.state}{later}")
    if found.pending:
        parts.append(f"{found.pending:,} not tried yet")
    if found.possible_duplicates:
        parts.append(f"{found.possible_duplicates:,} may have had two copies")
    through = f" through {_some(found.relays)}" if found.relays else ""
    return ", ".join(parts) + through


def count(number: int, name: str) -> str:
    """Return "1 packet" or "1,000 packets"."""
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"


def size(octets: int) -> str:
    """Return a size for people, in bytes, KB or MB."""
    if octets < 1000:
        return count(octets, "byte")
    if octets < 1_000_000:
        return f"{octets / 1000:.3g} KB"
    return f"{octets / 1_000_000:.3g} MB"


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
    return ", ".join(listed[:3]) + more


def _host(owner: str | None) -> str:
    """Return the host of a lease's owner, which is written host/process."""
    return (owner or "").partition("/")[0]


def _moment(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S %Z}" if when else "-"
