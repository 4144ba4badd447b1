"""One item of the spool in full: envelope, lease, message, errors, its way so far."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.archive import texts
from listhub.delivery import ledger
from listhub.delivery.outgoing import SEND
from listhub.errors import PermanentError
from listhub.lists import story
from listhub.lists.operators import envelope
from listhub.lists.story import Story
from listhub.mail import encoded_words, mime
from listhub.mail.headers import Headers
from listhub.spool import bodies, browse
from listhub.spool.browse import Past, Waiting
from listhub.spool.chosen import LEASED
from listhub.spool.operator import Envelope
from listhub.spool.processes import FADED

#: Octets of a message that are read for its preview, and characters that are shown.
_READ, _SHOWN = 262_144, 20_000

#: Header fields that are shown, and characters of each.
_FIELDS, _LONGEST = 200, 2_000

_BEGINNING = "SELECT substring(content FROM %s FOR %s), size FROM body WHERE id = %s"

_HOLDER = """
SELECT host, pool, pid, seen_at,
       seen_at > statement_timestamp() - %(faded)s * interval '1 s' AS alive
  FROM process WHERE name = %(name)s
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """The process that has an item in work, if it said who it is."""

    host: str
    pool: str
    pid: int
    seen_at: datetime
    alive: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """The beginning of a message as plain text; nothing in it can act."""

    #: Names and values as people read them, in their order.
    headers: tuple[tuple[str, str], ...]
    text: str
    #: Names of the files that came with it.
    files: tuple[str, ...]
    #: Octets of the whole message.
    size: int
    encrypted: bool
    #: There is more of it than is shown here.
    cut: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Dossier:
    """All that is known of an item."""

    item: Waiting | Past
    envelope: Envelope
    #: None: the message is not kept any more, or there never was one.
    preview: Preview | None
    #: Of an item in work.
    holder: Holder | None
    #: The first line of what went wrong, and the traceback below it.
    error: str
    traceback: str
    #: Of a packet: the message that it is of, for `recipients.page`.
    outgoing_id: int | None
    #: The way of the whole mail so far.
    story: Story | None


def open_item(conn: "psycopg.Connection[Any]", item_id: int) -> Dossier | None:
    """Return all that is known of an item, waiting or settled; None if there is none.

    A dozen statements at most, whatever the item's size and age.
    """
    found = browse.item(conn, item_id) or browse.past_item(conn, item_id)
    if found is None:
        return None
    source = _source(conn, found)
    reason = found.reason or "" if isinstance(found, Waiting) else ""
    error, _, traceback = reason.partition("\n")
    stories = story.tell(conn, [found.trace])
    return Dossier(
        item=found,
        envelope=envelope.of(found),
        preview=_preview(conn, source),
        holder=_holder(conn, found),
        error=error,
        traceback=traceback.strip("\n"),
        outgoing_id=source.outgoing_id,
        story=stories[0] if stories else None,
    )


def message(conn: "psycopg.Connection[Any]", found: Waiting | Past) -> bytes:
    """Return the bytes that an item is about; of a packet, what its recipients get.

    PermanentError if it has no message, or has it no more.
    """
    source = _source(conn, found)
    body = b""
    try:
        if source.body_id is not None:
            body = bodies.load(conn, source.body_id)[source.offset :]
    except LookupError as error:
        raise PermanentError(
            f"The message of item {found.id} is not kept any more."
        ) from error
    if not source.head and source.body_id is None:
        raise PermanentError(f"Item {found.id} has no message.")
    return source.head + body


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    """Where a message's bytes are: its own head, then a body from an offset on."""

    head: bytes = b""
    body_id: int | None = None
    offset: int = 0
    outgoing_id: int | None = None


def _source(conn: "psycopg.Connection[Any]", found: Waiting | Past) -> _Source:
    if found.stage == SEND:
        for parcel in ledger.load(conn, [found.ref or 0]):
            return _Source(
                head=parcel.head,
                body_id=parcel.body_id,
                offset=parcel.body_offset,
                outgoing_id=parcel.outgoing_id,
            )
    return _Source(body_id=found.body_id)


def _preview(conn: "psycopg.Connection[Any]", source: _Source) -> Preview | None:
    """Return the beginning of a message; a large one is never read as a whole."""
    raw, size = source.head, len(source.head)
    if source.body_id is not None:
        begin = source.offset + 1
        row = conn.execute(_BEGINNING, [begin, _READ, source.body_id]).fetchone()
        if row is None:
            return None
        raw, size = raw + bytes(row[0]), size + row[1] - source.offset
    if not raw:
        return None
    tree = mime.parse(raw)
    text = texts.read(tree)
    return Preview(
        headers=tuple(_headers(raw)),
        text=text.content[:_SHOWN],
        files=text.files,
        size=size,
        encrypted=texts.is_encrypted(tree),
        cut=size > len(raw) or len(text.content) > _SHOWN,
    )


def _headers(raw: bytes) -> list[tuple[str, str]]:
    fields = Headers.parse(raw).fields[:_FIELDS]
    return [
        (
            encoded_words.plain(field.raw.partition(b":")[0].strip())[:_LONGEST],
            encoded_words.decode(field.value)[:_LONGEST],
        )
        for field in fields
    ]


def _holder(conn: "psycopg.Connection[Any]", found: Waiting | Past) -> Holder | None:
    if not isinstance(found, Waiting) or found.state != LEASED:
        return None
    with conn.cursor(row_factory=class_row(Holder)) as cursor:
        return cursor.execute(_HOLDER, {"name": found.owner, "faded": FADED}).fetchone()
