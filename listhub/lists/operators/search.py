"""Where is a message? What came in, by any part of it that somebody may know.

Each mail that a door of ours took is one row, wherever it is by now: in a room, or in
history for as long as that is kept.  Exact keys (trace, Message-ID) have indexes; the
others are looked for in the order of time, among what came in within the period.
Copies of one recipient are found by `delivery.fate.copies`.
"""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub import clock
from listhub.lists import paging
from listhub.lists.directory import FROM_OUTSIDE
from listhub.lists.paging import Page

#: How far back is looked unless told.
PERIOD = timedelta(days=7)

_LONGEST = 200

# Both parts are cut before they meet, so that a page reads no more than two.
_PAGE = """
SELECT found.*, list.address AS list
  FROM (
      (SELECT id AS item, created_at AS at, trace, message_id, list_id, stage,
              reverse_path AS sender, recipient, meta ->> 'author' AS author,
              meta ->> 'subject' AS subject, state AS verdict,
              split_part(coalesce(reason, ''), E'\\n', 1) AS note, NULL AS settled_at
         FROM spool_item WHERE {here} ORDER BY created_at {order}, id {order}
        LIMIT %(limit)s)
      UNION ALL
      (SELECT item_id, created_at, trace, message_id, list_id, stage, reverse_path,
              recipient, meta ->> 'author', meta ->> 'subject', verdict, note, settled_at
         FROM spool_history AS gone
        WHERE {there} ORDER BY created_at {order}, item_id {order} LIMIT %(limit)s)
  ) AS found
  LEFT JOIN mailing_list AS list ON list.id = found.list_id
 ORDER BY found.at {order}, found.item {order} LIMIT %(limit)s
"""

# The rooms into which intake puts: packets are not waded through.
_ROOMS = """(stage = ANY(%(rooms)s) AND state = 'ready'
             OR stage = ANY(%(rooms)s) AND state = 'deferred'
             OR stage = ANY(%(rooms)s) AND state IN ('parked', 'held', 'buried'))"""

_CONDITIONS: Mapping[str, str] = {
    "trace": "trace = %(trace)s",
    "message_id": "message_id = %(message_id)s",
    "sender": "(position(lower(%(sender)s) IN lower(reverse_path)) > 0"
    " OR position(lower(%(sender)s) IN lower(meta ->> 'author')) > 0)",
    "recipient": "lower(recipient) = lower(%(recipient)s)",
    "subject": "position(lower(%(subject)s) IN lower(meta ->> 'subject')) > 0",
    "list_id": "list_id = %(list_id)s",
    "until": "created_at < %(until)s",
}

_KINDS = (datetime, int)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What is known of a message; None and "" do not matter."""

    trace: uuid.UUID | None = None
    #: With or without its brackets.
    message_id: str = ""
    #: A part of the reverse-path or of the author's address.
    sender: str = ""
    #: The address of ours to which it came.
    recipient: str = ""
    #: A part of the subject, in any case.
    subject: str = ""
    list_id: int | None = None
    #: A week ago unless told; for a trace or a Message-ID, ever.
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A mail that came in, and where it is; its way is told by `story.tell`."""

    item: int
    at: datetime
    trace: uuid.UUID
    message_id: str | None
    list_id: int | None
    list: str | None
    #: The first room that it came into.
    stage: str
    sender: str | None
    recipient: str | None
    author: str | None
    subject: str | None
    #: How it ended there, or the state in which it waits.
    verdict: str
    note: str
    settled_at: datetime | None


def search(
    conn: "psycopg.Connection[Any]",
    wanted: Wanted,
    *,
    cursor: str = "",
    size: int = paging.SIZE,
) -> Page[Found]:
    """Return a page of the mails that came in, the newest first; one statement.

    SaidError for a wrong cursor.
    """
    at, size = paging.read(cursor, _KINDS), paging.bounded(size)
    values = _values(wanted)
    conditions = [
        text for name, text in _CONDITIONS.items() if values[name] not in {None, ""}
    ]
    conditions.append("created_at >= %(since)s")
    back = at is not None and at.back
    here, there = [*conditions, _ROOMS], [*conditions, "settled_at >= %(since)s"]
    if at is not None:
        values |= {"key_at": at.key[0], "key_item": at.key[1]}
        way = ">" if back else "<"
        here.append(f"(created_at, id) {way} (%(key_at)s, %(key_item)s)")
        there.append(f"(created_at, item_id) {way} (%(key_at)s, %(key_item)s)")
    query = psycopg.sql.SQL(_PAGE).format(
        here=psycopg.sql.SQL(" AND ".join(["meta ? 'via'", *here])),
        there=psycopg.sql.SQL(" AND ".join(["meta ? 'via'", *there])),
        order=psycopg.sql.SQL("ASC" if back else "DESC"),
    )
    with conn.cursor(row_factory=class_row(Found)) as rows:
        found = rows.execute(
            query, {**values, "rooms": list(FROM_OUTSIDE), "limit": size + 1}
        ).fetchall()
    return paging.cut(found, size=size, cursor=at, key=lambda one: (one.at, one.item))


def _values(wanted: Wanted) -> dict[str, Any]:
    values = asdict(wanted)
    bare = "".join(wanted.message_id.split()).removeprefix("<").removesuffix(">")
    values["message_id"] = bare
    for name in ("sender", "recipient", "subject"):
        values[name] = values[name].strip().replace("\0", "")[:_LONGEST]
    if wanted.since is None:
        exact = wanted.trace is not None or bare
        values["since"] = "-infinity" if exact else clock.now() - PERIOD
    return values
