"""The desk of the sending stage: claims packets and makes loads of them.

Everything here is short database work in one thread; the network is elsewhere.
"""

import time
import weakref
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import psycopg

from listhub import db, log
from listhub.config.reading import derived_key
from listhub.delivery import clerk, ledger
from listhub.delivery.flow import FlowControl, NoLimits
from listhub.delivery.keyring import Keyring
from listhub.delivery.ledger import Parcel
from listhub.delivery.load import Content, Load
from listhub.delivery.preparing import Preparer
from listhub.errors import TemporaryError
from listhub.lists import readers, reports
from listhub.mail import one_click
from listhub.mail.personal import Reader
from listhub.spool import bodies, store
from listhub.spool.horizon import Horizon
from listhub.spool.items import Bury, Done, Item, Retry, Verdict
from listhub.stages.runner import claim_batch, failure
from listhub.stages.stage import Host

STAGE_NAME = "send"

#: What cannot be prepared now is looked at again after so long.
_PUT_OFF = timedelta(minutes=1)

_log = log.get(__name__)


class PacketDesk:
    """Claims for one process; not shared between threads."""

    def __init__(self, host: Host, flow: FlowControl | None = None) -> None:
        self._host = host
        self._flow = flow or NoLimits()
        self._horizon = Horizon()
        self._asked_at = 0.0
        self._preparer = Preparer(
            Keyring(host.settings.dkim.directory),
            one_click_key=lambda: derived_key(host.settings, one_click.PURPOSE),
        )
        # A message is loaded and prepared once for all packets of it in work.
        self._contents: weakref.WeakValueDictionary[int, Content] = (
            weakref.WeakValueDictionary()
        )
        #: Bodies of what is being claimed, as far as they are small.
        self._bodies: Mapping[int, bytes] = {}

    def claim(self, limit: int) -> list[Load]:
        """Claim up to `limit` packets that have something left to send."""
        conn = self._host.connection()
        if self._host.unbegun:
            # The database went away before they were sent: no lease need run out.
            self._release(self._host.unbegun)
        # Before the claim, so that ours never seems longer than the database's.
        self._asked_at = time.monotonic()
        items = claim_batch(STAGE_NAME, self._host, conn, self._horizon, limit=limit)
        self._host.unbegun[:] = items
        parcels = {
            parcel.id: parcel
            for parcel in ledger.load(conn, [item.ref or 0 for item in items])
        }
        self._bodies = bodies.small(conn, self._unknown(parcels.values()))
        loads: list[Load] = []
        for item in items:
            try:
                loads += self._judge(conn, item, parcels.get(item.ref or 0))
            except Exception as error:
                if db.useless(conn, error):
                    raise
                _log.warning("packet not prepared", item=item.id, reason=str(error))
                store.settle(conn, item, self._put_off(item, error))
        conn.commit()
        self._bodies = {}
        self._host.unbegun.clear()
        return loads

    def _unknown(self, parcels: Iterable[Parcel]) -> set[int]:
        """Return the bodies of messages of which nothing is in work."""
        return {
            parcel.body_id
            for parcel in parcels
            if parcel.body_id is not None and parcel.outgoing_id not in self._contents
        }

    def _put_off(self, item: Item, error: Exception) -> Verdict:
        """Return what becomes of a packet that could not be prepared."""
        if isinstance(error, TemporaryError):
            # Keys that cannot be read, a newer release: it ends, or delivery.expiry does.
            return Retry(after=_PUT_OFF, reason=error.reason, planned=True)
        return failure(item, error, self._host)

    def _judge(
        self, conn: "psycopg.Connection[Any]", item: Item, parcel: Parcel | None
    ) -> list[Load]:
        """Return what is to be sent now, if anything; settle what is not.

        A savepoint only where something is read or written: for most packets nothing
        is, and it would cost more than the rest.
        """
        if parcel is not None and self._is_known(parcel):
            return [self._load(item, parcel)]
        with conn.transaction():
            load = self._settle(item, parcel)
        return [load] if load else []

    def _is_known(self, parcel: Parcel) -> bool:
        """Tell whether a packet may be sent at once, its content at hand."""
        at_hand = parcel.outgoing_id in self._contents or parcel.body_id in self._bodies
        return (
            at_hand
            and bool(parcel.pending)
            and parcel.age <= self._host.settings.delivery.expiry
            and not self._wait(parcel)
        )

    def _settle(self, item: Item, parcel: Parcel | None) -> Load | None:
        conn = self._host.connection()
        if parcel is None:
            store.settle(conn, item, Bury(reason="The packet does not exist."))
        elif not parcel.pending:
            # The last outcome was written, the end was not: now it is.
            store.settle(conn, item, Done(note="already answered for"))
            ledger.tried(conn, settled=[parcel.id], deferred=[])
        elif parcel.age > self._host.settings.delivery.expiry:
            self._expire(item, parcel)
        elif wait := self._wait(parcel):
            reason = "Flow control: a destination of it must wait."
            later = Retry(after=timedelta(seconds=wait), reason=reason, planned=True)
            store.settle(conn, item, later)
        else:
            return self._load(item, parcel)
        return None

    def _wait(self, parcel: Parcel) -> float:
        """Return the seconds that flow control makes the packet wait."""
        domains = Counter(
            parcel.recipients[n - 1].rpartition("@")[2].lower() for n in parcel.pending
        )
        return max(self._flow.admit(domain, n) for domain, n in domains.items())

    def release(self, loads: Sequence[Load]) -> None:
        """Give packets back; what was recorded of them stays."""
        # Kept for the next claim, should the database be away.
        self._host.unbegun.extend(load.item for load in loads)
        self._release(self._host.unbegun)

    def _release(self, items: list[Item]) -> None:
        conn = self._host.connection()
        store.release(conn, items)
        conn.commit()
        items.clear()

    def extend(self, loads: Sequence[Load]) -> None:
        """Renew leases; a load whose lease was lost is marked as expired."""
        conn = self._host.connection()
        asked_at = time.monotonic()
        kept = store.extend(
            conn,
            [load.item for load in loads],
            lease=timedelta(seconds=self._host.settings.spool.lease),
        )
        conn.commit()
        for load in loads:
            # Lost ones stop at once.
            held = asked_at + self._host.settings.spool.lease
            load.until = held if load.item.id in kept else 0.0

    def close(self) -> None:
        """Close the connection."""
        self._host.hang_up()

    def _load(self, item: Item, parcel: Parcel) -> Load:
        content = self._contents.get(parcel.outgoing_id)
        if content is None:
            content = self._contents[parcel.outgoing_id] = self._content(parcel)
        return Load(
            item=item,
            parcel=parcel,
            content=content,
            verp_key=self._host.verp_key,
            until=self._asked_at + self._host.settings.spool.lease,
            readers=self._readers(content, parcel),
        )

    def _content(self, parcel: Parcel) -> Content:
        """Prepare a message for all packets of it that are in work."""
        body = memoryview(b"")
        if parcel.body_id is not None:
            whole = self._bodies.get(parcel.body_id) or bodies.load(
                self._host.connection(), parcel.body_id
            )
            body = memoryview(whole)[parcel.body_offset :]
        return self._preparer.content(parcel, body)

    def _readers(self, content: Content, parcel: Parcel) -> Mapping[int, Reader]:
        """Look up what copies say about their recipients, where they say anything."""
        if content.copies is None or not content.copies.personal:
            return {}
        wanted = [parcel.subscriptions[n - 1] for n in parcel.pending]
        return readers.find(self._host.connection(), wanted)

    def _expire(self, item: Item, parcel: Parcel) -> None:
        """Give up on the recipients that are left, visibly."""
        conn = self._host.connection()
        why = "No relay took it in the time that the setting delivery.expiry allows."
        ledger.record(
            conn,
            [
                ledger.Outcome(
                    packet_id=parcel.id,
                    first=first,
                    last=last,
                    state="expired",
                    attempt=parcel.tries,
                    relay="",
                    code=0,
                    enhanced="4.4.7",
                    reply=why,
                )
                for first, last in ledger.runs(parcel.pending)
            ],
            host=self._host.name,
        )
        for position in parcel.pending:
            clerk.record_failure(
                conn,
                clerk.Failure(
                    parcel=parcel,
                    position=position,
                    source="expired",
                    status="4.4.7",
                    diagnostic=why,
                    reply_class="transient",
                ),
            )
        notice = reports.expired(
            conn,
            list_id=parcel.list_id,
            addresses=[parcel.recipients[n - 1] for n in parcel.pending],
            trace=parcel.trace,
            settings=self._host.settings,
        )
        ledger.tried(conn, settled=[parcel.id], deferred=[])
        store.settle(
            conn,
            item,
            Done(
                verdict="expired",
                note=f"{len(parcel.pending)} recipients given up",
                emit=notice,
            ),
        )
