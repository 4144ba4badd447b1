"""The clerk: writes outcomes of all connections in groups, one commit for many.

Connections wait for their entry to be committed before they send the next content
(the gate).  While one group is being committed the next one gathers, so the more
connections there are, the larger the groups, and the commits are never the limit.

An entry may also end its packet: then the last outcome and the settling of the item
are one commit.  The thread outlives database failures: it keeps what it has and tries
again, for what a relay has accepted must be written down.
"""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub import db, log
from listhub.config import Database
from listhub.delivery import ledger
from listhub.delivery.ledger import Outcome, Parcel
from listhub.errors import StaleClaim, TemporaryError
from listhub.spool import store
from listhub.spool.items import Done, Item, Retry

_log = log.get(__name__)

_BOUNCE = """
INSERT INTO bounce_event (list_id, subscription_id, address, outgoing_id, source,
                          source_id, action, status, diagnostic, trace)
VALUES (%(list_id)s, %(subscription)s, %(address)s, %(outgoing_id)s, %(source)s,
        %(packet_id)s, 'failed', %(status)s, %(diagnostic)s, %(trace)s)
    ON CONFLICT (source, source_id, address) DO NOTHING
"""

#: Entries written in one transaction at most.
_GROUP = 1000

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What must be committed together."""

    outcomes: Sequence[Outcome]
    failures: Sequence[Failure] = ()
    #: The item of the packet that ends with this entry, and how.
    ended: "tuple[Item, Done | Retry] | None" = None


@dataclass(frozen=True, slots=True)
class _Order:
    entry: Entry
    done: "asyncio.Future[None]"


class Clerk:
    """One writing thread with a connection of its own; made inside a running loop."""

    def __init__(self, database: Database, *, host: str) -> None:
        self._database = database
        self._host = host
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._alone: deque[_Order] = deque()
        self._thread = threading.Thread(target=self._run, name="clerk", daemon=True)
        self._thread.start()

    def write(self, entry: Entry) -> "asyncio.Future[None]":
        """Return a future that is done once the entry is committed."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._orders.put(_Order(entry, done))
        return done

    def close(self) -> None:
        """Write what is waiting, then end the thread."""
        self._orders.put(None)
        self._thread.join()

    def _run(self) -> None:
        conn: psycopg.Connection[Any] | None = None
        again = False
        group: list[_Order] = []
        while group or (group := self._gather()):
            try:
                conn = conn or db.connect(self._database)
                _write(conn, [order.entry for order in group], self._host, again=again)
            except (TemporaryError, psycopg.OperationalError) as error:
                # The commit may have arrived: the next try leaves out what is there.
                _log.warning("ledger waits", reason=str(error), entries=len(group))
                _drop(conn)
                conn, again = None, True
                time.sleep(_REST)
                continue
            except psycopg.Error as error:
                _log.exception("ledger refused an entry", entries=len(group))
                _drop(conn)
                conn = None
                if len(group) > 1:
                    # One of them is bad: each goes back into the queue on its own.
                    self._alone.extend(group)
                else:
                    self._tell(group, error)
            else:
                self._tell(group)
            group, again = [], False
        _drop(conn)

    def _gather(self) -> list[_Order]:
        """Wait for an order and return it with all that have come meanwhile."""
        if self._alone:
            return [self._alone.popleft()]
        first = self._orders.get()
        group = [first] if first is not None else []
        while group and len(group) < _GROUP:
            try:
                order = self._orders.get_nowait()
            except queue.Empty:
                break
            if order is None:
                self._orders.put(None)
                break
            group.append(order)
        return group

    def _tell(self, group: list[_Order], error: Exception | None = None) -> None:
        def tell() -> None:
            for order in group:
                if order.done.done():
                    continue
                if error is None:
                    order.done.set_result(None)
                else:
                    order.done.set_exception(error)

        self._loop.call_soon_threadsafe(tell)


def _drop(conn: "psycopg.Connection[Any] | None") -> None:
    if conn is not None:
        conn.close()


def _write(
    conn: "psycopg.Connection[Any]", entries: list[Entry], host: str, *, again: bool
) -> None:
    """Commit a group; a claim that was lost does not stop its neighbours."""
    outcomes = [outcome for entry in entries for outcome in entry.outcomes]
    ledger.record(conn, outcomes, host=host, again=again)
    for entry in entries:
        for failure in entry.failures:
            record_failure(conn, failure)
    ended = [entry.ended for entry in entries if entry.ended]
    try:
        with conn.transaction():
            _settle(conn, ended)
    except StaleClaim:
        for one in ended:
            _settle_alone(conn, one)
    conn.commit()


def _settle(
    conn: "psycopg.Connection[Any]", ended: "list[tuple[Item, Done | Retry]]"
) -> None:
    if not ended:
        return
    finished: list[tuple[Item, Done]] = []
    for item, verdict in ended:
        if isinstance(verdict, Done):
            finished.append((item, verdict))
        else:
            store.settle(conn, item, verdict)
    store.finish(conn, finished)
    ledger.tried(
        conn,
        settled=[item.ref or 0 for item, _ in finished],
        deferred=[item.ref or 0 for item, end in ended if isinstance(end, Retry)],
    )


def _settle_alone(
    conn: "psycopg.Connection[Any]", ended: "tuple[Item, Done | Retry]"
) -> None:
    try:
        with conn.transaction():
            _settle(conn, [ended])
    except StaleClaim:
        # Somebody else has the packet; what we recorded is true all the same.
        _log.warning("claim lost", item=ended[0].id, trace=str(ended[0].trace))


def record_failure(conn: "psycopg.Connection[Any]", failure: Failure) -> None:
    """Append a bounce event for a member given up on; once per packet and address."""
    parcel, index = failure.parcel, failure.position - 1
    if not parcel.subscriptions[index]:
        return
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
        },
    )
