"""Bring old messages into a list's archive: many at once, none twice.

What was brought in is known by its Message-ID, which is all the state that there is: an
import that was killed goes on when it is run again, and skips what is there without
reading it again.  Each batch is one transaction of some hundred messages.
"""

import contextlib
import dataclasses
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from listhub import clock
from listhub.archive import filing, store
from listhub.archive.filing import Filing
from listhub.archive.reading.piece import Found, Piece, Unread
from listhub.mail.headers import Headers
from listhub.mail.message_id import message_id
from listhub.mail.transforms.context import permalink
from listhub.spool import bodies

#: The list's other posts wait while a batch is filed: about a third of a second.
_BATCH = 500
_OCTETS = 16 << 20

#: A message is not dated later than this after it came: the time when it came may be
#: the month of a folder, or have no zone.
_SLACK = timedelta(days=32)
#: When "it came" earlier, nobody knew when it came.
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)

# New words wait in a list until there are many, which halves what a batch costs; the
# list is put in order at the end, or by autovacuum if the import does not get there.
_LOOSELY = "SET LOCAL gin_pending_list_limit = '32MB'"
_TIDY = "SELECT gin_clean_pending_list('archive_text_words'::regclass)"

_KNOWN = """
SELECT message_id FROM archive_message
 WHERE list_id = %(list_id)s AND message_id = ANY (%(names)s)
"""
_REMOVED = """
SELECT permalink FROM archive_removed
 WHERE list_id = %(list_id)s AND permalink = ANY (%(links)s)
"""


@dataclass(kw_only=True, slots=True)
class Tally:
    """How an import went, so far or in the end."""

    added: int = 0
    #: There already, from an import before or as a post.
    present: int = 0
    #: The same Message-ID once more in what is imported.
    repeated: int = 0
    #: Taken out of the archive for good, and so not brought back.
    removed: int = 0
    #: Without a Message-ID: known by their bytes.
    nameless: int = 0
    unread: list[Unread] = dataclasses.field(default_factory=list)

    @property
    def seen(self) -> int:
        """How many messages were met."""
        return self.added + self.present + self.repeated + self.removed


@dataclass(frozen=True, kw_only=True, slots=True)
class _Message:
    piece: Found
    headers: Headers
    name: str


Tell = Callable[[Tally], None]


def bring_in(
    conn: "psycopg.Connection[Any]",
    pieces: Iterable[Piece],
    *,
    list_id: int,
    language: str,
    dry_run: bool = False,
    tell: Tell = lambda _tally: None,
) -> Tally:
    """File messages, a batch in each transaction; `tell` is called after each.

    `language` is the list's.  With `dry_run` nothing is filed, and the tally says what
    would be.  The connection must not be in a transaction.
    """
    tally = Tally()

    def look(batch: list[_Message]) -> list[_Message]:
        with conn.transaction():
            return _new(conn, batch, list_id=list_id, tally=tally)

    def file(batch: list[_Message], filings: list[Filing]) -> None:
        with conn.transaction():
            conn.execute(_LOOSELY)
            filed = _file(conn, batch, filings, list_id=list_id, language=language)
        tally.added += filed
        # Somebody else was faster.
        tally.present += len(batch) - filed

    # One batch is read while the one before it is filed: two processors are busy.
    batches = _batches(_messages(pieces, tally), tally)
    pending: Future[None] | None = None
    with ThreadPoolExecutor(1) as pool:
        new = look(next(batches))
        while True:
            filings = [] if dry_run else [_filing(each, list_id) for each in new]
            following = next(batches, None)
            if pending:
                pending.result()
            tell(tally)
            ahead = look(following) if following is not None else None
            if dry_run:
                tally.added += len(new)
            elif new:
                pending = pool.submit(file, new, filings)
            if ahead is None:
                break
            new = ahead
        if pending:
            pending.result()
    if tally.added and not dry_run:
        _tidy(conn)
    tell(tally)
    return tally


def _tidy(conn: "psycopg.Connection[Any]") -> None:
    # Only the owner of the index may; for others autovacuum does it.
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege), conn.transaction():
        conn.execute("SET LOCAL statement_timeout = '10min'")
        conn.execute(_TIDY)


def _messages(pieces: Iterable[Piece], tally: Tally) -> Iterator[_Message]:
    for piece in pieces:
        if isinstance(piece, Unread):
            tally.unread.append(piece)
            continue
        headers = Headers.parse(piece.raw)
        name = filing.identify(piece.raw, headers).replace("\0", "")
        tally.nameless += not message_id(headers)
        yield _Message(piece=piece, headers=headers, name=name)


def _batches(messages: Iterable[_Message], tally: Tally) -> Iterator[list[_Message]]:
    """Yield the first message of each Message-ID; at the end maybe an empty batch."""
    met: set[int] = set()  # hashes of Message-IDs: a million of them take little room
    batch: list[_Message] = []
    octets = 0
    for message in messages:
        mark = hash(message.name)
        if mark in met:
            tally.repeated += 1
            continue
        met.add(mark)
        batch.append(message)
        octets += len(message.piece.raw)
        if len(batch) >= _BATCH or octets >= _OCTETS:
            yield batch
            batch, octets = [], 0
    yield batch


def _new(
    conn: "psycopg.Connection[Any]",
    batch: Collection[_Message],
    *,
    list_id: int,
    tally: Tally,
) -> list[_Message]:
    """Return those that the archive neither has nor took out."""
    names = [message.name for message in batch]
    links = {name: permalink(name) for name in names}
    values = {"list_id": list_id, "names": names, "links": list(links.values())}
    known = {row[0] for row in conn.execute(_KNOWN, values)}
    removed = {row[0] for row in conn.execute(_REMOVED, values)}
    new = []
    for message in batch:
        if message.name in known:
            tally.present += 1
        elif links[message.name] in removed:
            tally.removed += 1
        else:
            new.append(message)
    return new


def _file(
    conn: "psycopg.Connection[Any]",
    batch: Sequence[_Message],
    filings: Sequence[Filing],
    *,
    list_id: int,
    language: str,
) -> int:
    digests = [bodies.digest(message.piece.raw) for message in batch]
    raws = (message.piece.raw for message in batch)
    numbers = bodies.store(conn, zip(digests, raws, strict=True))
    with_bodies = [
        dataclasses.replace(each, body_id=numbers[digest])
        for each, digest in zip(filings, digests, strict=True)
    ]
    return len(
        store.file_many(conn, list_id=list_id, filings=with_bodies, language=language)
    )


def _filing(message: _Message, list_id: int) -> Filing:
    """Return what the archive knows of a message, but for the number of its body."""
    found = filing.read(
        message.piece.raw,
        list_id=list_id,
        body_id=0,
        trace=uuid.uuid4(),
        received_at=clock.now(),
        known_as=message.name,
    )
    return dataclasses.replace(found, sent_at=_sent_at(message))


def _sent_at(message: _Message) -> datetime:
    """Return the date in its header, or when it came if that says nothing sane."""
    # In whole seconds, as an export can tell it.
    now = clock.now().replace(microsecond=0)
    came = message.piece.came
    if came is None or came < _EARLIEST:
        return filing.sent_at(message.headers, now)
    latest = min(came + _SLACK, now)
    # The latest moment stands for no date at all, or one after it.
    sent = filing.sent_at(message.headers, latest)
    return min(came, now) if sent == latest else sent
