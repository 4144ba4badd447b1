"""Renew a lease while something outside is waited for, however long it is silent.

The waiting happens in libraries that do not come back in between, so a thread renews,
on a connection of its own.  What it cannot renew in time belongs to somebody else.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg

from listhub import db, log
from listhub.config import Settings
from listhub.errors import StaleClaim, TemporaryError
from listhub.spool import store
from listhub.spool.items import Item

_log = log.get(__name__)

#: How often a lease is renewed while it lasts.
_OFTEN = 3


class Lease:
    """The lease of one item, renewed until `end`, or until `longest` seconds are over."""

    def __init__(self, item: Item, settings: Settings, *, longest: float) -> None:
        self._item = item
        self._settings = settings
        self._seconds = settings.spool.lease
        self._last = time.monotonic() + longest
        #: Until when it is certainly ours; no database can be asked without waiting.
        self._until = time.monotonic() + self._seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._renew_often, name=f"lease of item {item.id}", daemon=True
        )

    def start(self) -> None:
        """Renew at once, and then again and again."""
        self._thread.start()

    def check(self) -> None:
        """Raise StaleClaim if the item may belong to somebody else by now."""
        if time.monotonic() >= self._until:
            raise StaleClaim("The lease was lost while others were waited for.")

    def end(self) -> None:
        """Renew no more; StaleClaim if it was lost meanwhile."""
        self.stop()
        self.check()

    def stop(self) -> None:
        """Renew no more."""
        self._ended.set()
        self._thread.join()

    def _renew_often(self) -> None:
        conn: psycopg.Connection[Any] | None = None
        while not self._ended.is_set() and time.monotonic() < self._last:
            try:
                conn = conn or db.connect(self._settings.database, autocommit=True)
                if not self._renew(conn):
                    break
            except (psycopg.Error, TemporaryError) as error:
                # The database may come back before the lease has run out.
                _log.warning("lease not renewed", item=self._item.id, reason=str(error))
                _close(conn)
                conn = None
            self._ended.wait(self._seconds / _OFTEN)
        _close(conn)

    def _renew(self, conn: "psycopg.Connection[Any]") -> bool:
        # Asked before: ours must never seem longer than the database's.
        asked = time.monotonic()
        lease = timedelta(seconds=self._seconds)
        ours = bool(store.extend(conn, [self._item], lease=lease))
        self._until = asked + self._seconds if ours else 0.0
        return ours


@contextmanager
def renewing(item: Item, settings: Settings, *, longest: float) -> Iterator[Lease]:
    """Renew an item's lease inside of the block, for at most `longest` seconds."""
    lease = Lease(item, settings, longest=longest)
    lease.start()
    try:
        yield lease
    finally:
        lease.stop()


def _close(conn: "psycopg.Connection[Any] | None") -> None:
    if conn is not None:
        conn.close()
