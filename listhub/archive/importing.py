"""Bring old messages into a list's archive: many at once, none twice.

What was brought in is known by its Message-ID, which is all the state that there is: an
import that was killed goes on when it is run again, and skips what is there without
reading it again.  Messages go by the hundred from one reader to several desks, each with
a connection of its own; only filing itself is done by one desk after the other.

    pieces ─▶ batches ─▶ desks: what is new? ─▶ bodies ─▶ read ─▶ words │ lock, file
"""

import contextlib
import queue
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import psycopg

from listhub import clock, db
from listhub.archive import filing, store
from listhub.archive.filing import Filing
from listhub.archive.reading.piece import Found, Piece, Unread
from listhub.config import Database
from listhub.mail.headers import Headers
from listhub.mail.message_id import message_id
from listhub.mail.transforms.context import permalink
from listhub.spool import bodies

#: Batches in work at once: making words keeps a processor of the database busy.
_DESKS = 3

#: The list's other posts wait while a batch is filed: less than a tenth of a second.
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
    unread: list[Unread] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """How many messages were met."""
        return self.added + self.present + self.repeated + self.removed

    def add(self, other: "Tally") -> None:
        """Count what became of some messages more."""
        self.added += other.added
        self.present += other.present
        self.removed += other.removed


@dataclass(frozen=True, kw_only=True, slots=True)
class _Message:
    piece: Found
    headers: Headers
    name: str


Conn = psycopg.Connection[Any]
Tell = Callable[[Tally], None]


def bring_in(
    database: Database,
    pieces: Iterable[Piece],
    *,
    list_id: int,
    language: str,
    dry_run: bool = False,
    tell: Tell = lambda _tally: None,
) -> Tally:
    """File messages by the batch; `tell` is called after each.

    `language` is the list's.  With `dry_run` nothing is filed, and the tally says what
    would be.  TemporaryError when the database does not answer.
    """
    tally = Tally()
    waiting: deque[Future[Tally]] = deque()

    def take() -> None:
        tally.add(waiting.popleft().result())
        tell(tally)

    office = _Office(
        database=database, list_id=list_id, language=language, dry_run=dry_run
    )
    with office, ThreadPoolExecutor(_DESKS) as pool:
        for batch in _batches(_messages(pieces, tally), tally):
            waiting.append(pool.submit(office.work, batch))
            if len(waiting) > _DESKS:
                take()
        while waiting:
            take()
        if tally.added and not dry_run:
            office.tidy()
    return tally


@dataclass(frozen=True, kw_only=True, slots=True)
class _Office:
    """What the desks have in common, and their connections."""

    database: Database
    list_id: int
    language: str
    dry_run: bool
    #: Of all these messages.
    trace: uuid.UUID = field(default_factory=uuid.uuid4)
    _free: "queue.SimpleQueue[Conn]" = field(default_factory=queue.SimpleQueue)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while not self._free.empty():
            self._free.get().close()

    def work(self, batch: Sequence[_Message]) -> Tally:
        """Bring in a batch; return what became of its messages."""
        with self._connection() as conn:
            tally = Tally()
            new = self._new(conn, batch, tally)
            tally.added = len(new)
            if new and not self.dry_run:
                tally.added = self._file(conn, new)
                # Somebody else was faster.
                tally.present += len(new) - tally.added
            return tally

    def tidy(self) -> None:
        """Put the words that wait in order."""
        # Only the owner of the index may; for others autovacuum does it.
        unless = contextlib.suppress(psycopg.errors.InsufficientPrivilege)
        with self._connection() as conn, unless, conn.transaction():
            conn.execute("SET LOCAL statement_timeout = '10min'")
            conn.execute(_TIDY)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Conn]:
        try:
            conn = self._free.get_nowait()
        except queue.Empty:
            conn = db.connect(self.database, autocommit=True)
        try:
            yield conn
        finally:
            self._free.put(conn)

    def _new(
        self, conn: Conn, batch: Sequence[_Message], tally: Tally
    ) -> list[_Message]:
        """Return those that the archive neither has nor took out; count the others."""
        names = [message.name for message in batch]
        links = {name: permalink(name) for name in names}
        values = {
            "list_id": self.list_id,
            "names": names,
            "links": list(links.values()),
        }
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

    def _file(self, conn: Conn, batch: Sequence[_Message]) -> int:
        digests = [bodies.digest(message.piece.raw) for message in batch]
        raws = (message.piece.raw for message in batch)
        # Before the others: reading takes a while, and nothing is locked meanwhile.
        numbers = bodies.store(conn, zip(digests, raws, strict=True))
        filings = [
            self._filing(message, body_id=numbers[digest])
            for message, digest in zip(batch, digests, strict=True)
        ]
        with conn.transaction():
            conn.execute(_LOOSELY)
            ids = store.file_many(conn, filings)
        return len(ids) - ids.count(None)

    def _filing(self, message: _Message, *, body_id: int) -> Filing:
        return filing.read(
            message.piece.raw,
            list_id=self.list_id,
            body_id=body_id,
            trace=self.trace,
            received_at=clock.now(),
            sent_at=_sent_at(message),
            known_as=message.name,
            language=self.language,
        )


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
    """Yield the first message of each Message-ID."""
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
    if batch:
        yield batch


def _sent_at(message: _Message) -> datetime:
    """Return the date in its header, or when it came if that says nothing sane."""
    # In whole seconds, as an export can tell it.
    now = clock.now().replace(microsecond=0)
    came = message.piece.came
    if came is None or came < _EARLIEST:
        return filing.date_of(message.headers, now)
    latest = min(came + _SLACK, now)
    # The latest moment stands for no date at all, or one after it.
    sent = filing.date_of(message.headers, latest)
    return min(came, now) if sent == latest else sent
