"""Digests: posts wait here until their list's next issue, and are in one issue only.

An issue is a row that is unique by list and slot, and it takes its entries in the
transaction that also makes its mails: any number of schedulers and a crash in between
leave each entry in exactly one issue.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.lists.digest_times import last_slot
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow, Post

#: The receptions that are served by issues.
RECEPTIONS = ("digest", "digest_text", "index")

_ADD = """
INSERT INTO digest_entry (list_id, message_id, sequence, head, body_id, body_offset,
                          author, topics)
VALUES (%(list_id)s, %(message_id)s, %(sequence)s, %(head)s, %(body_id)s,
        %(body_offset)s, %(author)s, %(topics)s)
    ON CONFLICT (list_id, message_id) DO NOTHING
"""

_WAITING = """
SELECT list_id, count(*) AS entries, min(created_at) AS oldest, min(id) AS first
  FROM digest_entry WHERE issue_id IS NULL GROUP BY list_id ORDER BY list_id
"""

_OPEN = """
INSERT INTO digest_issue (list_id, number, slot, messages, trace)
SELECT %(list_id)s, coalesce(max(number), 0) + 1, %(slot)s, 0, %(trace)s
  FROM digest_issue WHERE list_id = %(list_id)s
    ON CONFLICT (list_id, slot) DO NOTHING
RETURNING id, number
"""

_TAKE = """
UPDATE digest_entry SET issue_id = %(issue)s
 WHERE list_id = %(list_id)s AND issue_id IS NULL
RETURNING id, message_id, sequence, head, body_id, body_offset, author, created_at,
          (SELECT size FROM body WHERE body.id = body_id)::integer - body_offset AS size
"""

# Not the list's row: posts, members and mail that comes in need that meanwhile.
_ONE_BY_ONE = (
    "SELECT pg_advisory_xact_lock(hashtextextended('digest/' || %s::bigint, 0))"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """What waits for the next issue of a list."""

    list_id: int
    entries: int
    oldest: datetime
    first: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One post of an issue, as it went out: `head`, then the body from an offset on."""

    id: int
    message_id: str
    sequence: int
    head: bytes
    body_id: int
    body_offset: int
    author: str
    created_at: datetime
    #: Of the body, in bytes.
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """A digest in the making; its entries are its own from now on."""

    id: int
    number: int
    entries: tuple[Entry, ...]


def wanted(settings: ListSettings) -> bool:
    """Tell whether a list has digests at all."""
    return bool(settings.digest_days or settings.digest_size_trigger)


def add(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    post: Post,
    *,
    sequence: int,
    head: bytes,
    body: tuple[int, int],
    topics: Sequence[str] = (),
) -> None:
    """Let a distributed post wait for the next issue; `body` is its id and offset."""
    conn.execute(
        _ADD,
        {
            "list_id": row.id,
            "message_id": post.message_id,
            "sequence": sequence,
            "head": head,
            "body_id": body[0],
            "body_offset": body[1],
            "author": post.author,
            "topics": list(topics),
        },
    )


def waiting(conn: "psycopg.Connection[Any]") -> list[Waiting]:
    """Return the lists that have posts waiting for an issue."""
    with conn.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(_WAITING).fetchall()


def due_slot(settings: ListSettings, found: Waiting, now: datetime) -> str | None:
    """Return the name of the slot that is due, or None.

    A slot of the clock counts if something has waited since before it; a full digest
    counts at once, its slot named by the first entry in it.
    """
    trigger = settings.digest_size_trigger
    if trigger and found.entries >= trigger:
        return f"full-{found.first}"
    slot = last_slot(settings, now)
    if slot is not None and found.oldest < slot:
        return f"{slot:%Y-%m-%dT%H:%MZ}"
    return None


def open_issue(
    conn: "psycopg.Connection[Any]", *, list_id: int, slot: str, trace: uuid.UUID
) -> Issue | None:
    """Make the issue of a slot and take what waits; None if somebody has made it.

    Two issues of one list are made one after the other.
    """
    conn.execute(_ONE_BY_ONE, [list_id])
    made = conn.execute(
        _OPEN, {"list_id": list_id, "slot": slot, "trace": trace}
    ).fetchone()
    if made is None:
        return None
    with conn.cursor(row_factory=class_row(Entry)) as cursor:
        taken = cursor.execute(_TAKE, {"issue": made[0], "list_id": list_id}).fetchall()
    entries = sorted(taken, key=lambda entry: entry.sequence)
    conn.execute(
        "UPDATE digest_issue SET messages = %s WHERE id = %s", [len(entries), made[0]]
    )
    return Issue(id=made[0], number=made[1], entries=tuple(entries))
