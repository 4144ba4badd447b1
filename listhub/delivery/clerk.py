"""The clerk: writes outcomes of all connections in groups, one commit for many.

Connections wait for their entry to be committed before they send the next content
(the gate).  While one group is being committed the next one gathers, so the more
connections there are, the larger the groups, and the commits are never the limit.

An entry may also end its packet: then the last outcome and the settling of the item
are one commit.  The thread outlives database failures: it keeps what it has and tries
again, for what a relay has accepted must be written down.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg

from listhub import db, log
from listhub.config import Database
from listhub.delivery import ledger
from listhub.delivery.ledger import Outcome, Parcel
from listhub.delivery.outgoing import SEND
from listhub.errors import StaleClaim, TemporaryError
from listhub.mail.likeness import likeness, trouble_of
from listhub.spool import store
from listhub.spool.items import Done, Item, Retry
from listhub.spool.tally import (
    DEFERRED,
    DELIVERED,
    FAILED,
    RETRIED,
    SETTLED,
    Tally,
)

_log = log.get(__name__)

_BOUNCE = """
INSERT INTO bounce_event (list_id, subscription_id, address, outgoing_id, source,
                          source_id, action, status, diagnostic, trace, trouble,
                          alike, proof)
VALUES (%(list_id)s, %(subscription)s, %(address)s, %(outgoing_id)s, %(source)s,
        %(packet_id)s, 'failed', %(status)s, %(diagnostic)s, %(trace)s, %(trouble)s,
        %(alike)s, 'token')
    ON CONFLICT (source, source_id, address) DO NOTHING
"""

#: Entries written in one transaction at most.
_GROUP = 1000

#: With groups of at least so many ...
_FEW = 8

#: ... the next one gathers this long, in seconds: fewer and larger commits.
_GATHER = 0.001

#: Seconds between tries while the database is away.
_REST = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A recipient given up: as if a bounce had come."""

    parcel: Parcel
    position: int
    #: 'smtp' (refused) or 'expired'.
    source: str
    status: str
    diagnostic: str
    #: Of classes.toml.
    reply_class: str = "unknown"


class Entry(NamedTuple):
    """What must be committed together."""

    outcomes: Sequence[Outcome]
    failures: Sequence[Failure] = ()
    #: The item of the packet that ends with this entry, and how.
    ended: "tuple[Item, Done | Retry] | None" = None


_Order = tuple[Entry, "asyncio.Future[None]"]


class Clerk:
    """One writing thread with a connection of its own; made inside a running loop.

    The loop gathers, the thread writes: they meet once per group, not once per entry,
    for what two threads hand each other costs more than a row does.
    """

    def __init__(
        self, database: Database, *, host: str, tally: Tally | None = None
    ) -> None:
        self._database = database
        self._host = host
        self._tally = tally or Tally()
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Order] = []
        self._hand_over: asyncio.Handle | None = None
        #: Entries in the thread's hands, and in its last group.
        self._in_hand = self._last = 0
        self._groups: queue.SimpleQueue[list[_Order] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="clerk", daemon=True)
        self._thread.start()

    def write(self, entry: Entry) -> "asyncio.Future[None]":
        """Return a future that is done once the entry, and all before it, is committed."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((entry, done))
        if not self._in_hand and self._hand_over is None:
            self._hand_over_soon()
        return done

    def close(self) -> None:
        """Write what is waiting, then end the thread; the loop need not run."""
        self._groups.put(self._waiting)
        self._groups.put(None)
        self._thread.join()

    def _hand_over_soon(self) -> None:
        # All that the loop has ready at this moment comes first, in any case.
        if self._last < _FEW:
            self._hand_over = self._loop.call_soon(self._give)
        else:
            self._hand_over = self._loop.call_later(_GATHER, self._give)

    def _give(self) -> None:
        self._hand_over = None
        group = self._waiting[:_GROUP]
        del self._waiting[:_GROUP]
        self._in_hand = self._last = len(group)
        self._groups.put(group)

    def _take_back(self, group: list[_Order], errors: dict[int, Exception]) -> None:
        """Open the gate for everyone in the group."""
        for n, (_, done) in enumerate(group):
            if done.done():
                continue
            if n in errors:
                done.set_exception(errors[n])
            else:
                done.set_result(None)
        self._in_hand = 0
        if self._waiting:
            self._hand_over_soon()

    def _run(self) -> None:
        link = _Link(self._database, self._host)
        while (group := self._groups.get()) is not None:
            errors = link.write_group([entry for entry, _ in group])
            _count(self._tally, group, errors)
            self._loop.call_soon_threadsafe(self._take_back, group, errors)
        link.drop()


#: Of the outcomes that are ends, or put one off; a remark is neither.
_COUNTED: Mapping[str, str] = {
    "delivered": DELIVERED,
    "deferred": DEFERRED,
    "refused": FAILED,
    "expired": FAILED,
}


def _count(tally: Tally, group: list[_Order], errors: Mapping[int, Exception]) -> None:
    """Count what a group wrote down: a call for each kind, not for each recipient."""
    found: Counter[tuple[str, str]] = Counter()
    for n, (entry, _) in enumerate(group):
        if n in errors:
            continue
        for outcome in entry.outcomes:
            if what := _COUNTED.get(outcome.state):
                found[SEND, what] += outcome.last - outcome.first + 1
        if entry.ended:
            ended = SETTLED if isinstance(entry.ended[1], Done) else RETRIED
            found[SEND, ended] += 1
    tally.add(found)


class _Link:
    """The thread's connection; it outlives the database's failures."""

    def __init__(self, database: Database, host: str) -> None:
        self._database = database
        self._host = host
        self._conn: psycopg.Connection[Any] | None = None

    def write_group(self, entries: list[Entry]) -> dict[int, Exception]:
        """Commit a group, however long it takes; return who was refused, and why."""
        error = self._write(entries)
        if error is None:
            return {}
        if len(entries) == 1:
            return {0: error}
        # One of them is bad: each is tried on its own.
        alone = {n: self._write([entry]) for n, entry in enumerate(entries)}
        return {n: error for n, error in alone.items() if error is not None}

    def drop(self) -> None:
        """Close the connection; the next group opens another."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _write(self, entries: list[Entry]) -> Exception | None:
        again = False
        while True:
            try:
                # Autocommit: a group of outcomes alone is one statement, one round trip.
                if self._conn is None:
                    self._conn = db.connect(self._database, autocommit=True)
                _write(self._conn, entries, self._host, again=again)
            except (TemporaryError, psycopg.Error) as error:
                if not db.away(self._conn, error):
                    _log.exception("ledger refused an entry", entries=len(entries))
                    self.drop()
                    return error
                # The commit may have arrived: the next try leaves out what is there.
                _log.warning("ledger waits", reason=str(error), entries=len(entries))
                self.drop()
                again = True
                time.sleep(_REST)
            else:
                return None


def _write(
    conn: "psycopg.Connection[Any]", entries: list[Entry], host: str, *, again: bool
) -> None:
    """Commit a group; a claim that was lost does not stop its neighbours."""
    outcomes = [outcome for entry in entries for outcome in entry.outcomes]
    failures = [failure for entry in entries for failure in entry.failures]
    ended = [entry.ended for entry in entries if entry.ended]
    with conn.transaction() if failures or ended else contextlib.nullcontext():
        ledger.record(conn, outcomes, host=host, again=again)
        for failure in failures:
            record_failure(conn, failure)
        _settle(conn, ended)


def _settle(
    conn: "psycopg.Connection[Any]", ended: "list[tuple[Item, Done | Retry]]"
) -> None:
    """End the items that are still ours and count the tries of their packets."""
    finished: list[tuple[Item, Done]] = []
    deferred: list[Item] = []
    for item, verdict in ended:
        if isinstance(verdict, Done):
            finished.append((item, verdict))
        elif _defer(conn, item, verdict):
            deferred.append(item)
    ours = store.finish_ours(conn, finished) if finished else set()
    for item, _ in finished:
        if item.id not in ours:
            _say_lost(item)
    ledger.tried(
        conn,
        settled=[item.ref or 0 for item, _ in finished if item.id in ours],
        deferred=[item.ref or 0 for item in deferred],
    )


def _defer(conn: "psycopg.Connection[Any]", item: Item, verdict: Retry) -> bool:
    try:
        store.settle(conn, item, verdict)
    except StaleClaim:
        _say_lost(item)
        return False
    return True


def _say_lost(item: Item) -> None:
    # Somebody else has the packet; what we recorded is true all the same.
    _log.warning("claim lost", item=item.id, trace=str(item.trace))


def record_failure(conn: "psycopg.Connection[Any]", failure: Failure) -> None:
    """Append a bounce event for a member given up on; once per packet and address."""
    parcel, index = failure.parcel, failure.position - 1
    if not parcel.subscriptions[index]:
        return
    trouble = trouble_of(failure.reply_class)
    conn.execute(
        _BOUNCE,
        {
            "list_id": parcel.list_id,
            "subscription": parcel.subscriptions[index],
            "address": parcel.recipients[index],
            "outgoing_id": parcel.outgoing_id,
            "source": failure.source,
            "packet_id": parcel.id,
            "status": failure.status,
            "diagnostic": failure.diagnostic,
            "trace": parcel.trace,
            "trouble": trouble,
            "alike": likeness(failure.diagnostic, trouble=trouble),
        },
    )
