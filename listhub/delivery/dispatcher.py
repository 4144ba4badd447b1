"""The dispatcher: keeps connections busy with packets, one packet each at a time.

Packets come from `feed` and wait in `ready` for a moment only, so that what is
claimed is soon under way and what another list posts now is claimed soon.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Protocol

from listhub import log
from listhub.config import Delivery
from listhub.delivery import answers
from listhub.delivery.clerk import Clerk, Entry
from listhub.delivery.load import Load
from listhub.delivery.relays import Relay, RelayPool
from listhub.delivery.session import RelayUnavailable
from listhub.delivery.smtp import ConnectionLost, SmtpConnection
from listhub.delivery.transaction import Transaction, TransactionResult
from listhub.errors import TemporaryError

_log = log.get(__name__)

#: While connections are busy, the room is looked into this often, in seconds.
_LOOK = 0.05

#: ... and this often while the database is away.
_REST = 1.0

#: A connection idle for longer is not trusted again, in seconds.
_IDLE = 20.0

Open = Callable[[Relay], Awaitable[SmtpConnection]]


class Source(Protocol):
    """Where packets come from and where unfinished ones go back to."""

    async def feed(self, limit: int) -> list[Load]:
        """Claim up to `limit` packets, ready to be sent."""

    async def give_back(self, loads: list[Load]) -> None:
        """Release claims; what is recorded of them stays recorded."""


class Dispatcher:
    """Sends everything that a source has; one per process, for many runs."""

    def __init__(
        self, delivery: Delivery, *, clerk: Clerk, pool: RelayPool, open_: Open
    ) -> None:
        self._delivery = delivery
        self._clerk = clerk
        self._pool = pool
        self._open = open_
        self._ready: deque[Load] = deque()
        self._idle: list[tuple[float, SmtpConnection]] = []
        self._loads: dict[int, Load] = {}
        self._no_relay = False
        self._enough: Callable[[], bool] = bool
        self._settled = 0

    @property
    def loads(self) -> tuple[Load, ...]:
        """What is claimed and not yet settled."""
        return tuple(self._loads.values())

    async def run(self, source: Source, *, enough: Callable[[], bool]) -> int:
        """Send until the source is empty or `enough`; return how many were settled."""
        self._enough, self._settled, self._no_relay = enough, 0, False
        busy: set[asyncio.Task[None]] = set()
        next_look = 0.0
        try:
            while True:
                now = time.monotonic()
                if now >= next_look and self._hungry():
                    next_look = await self._look(source, busy=bool(busy))
                busy |= self._start(len(busy))
                if not busy:
                    break
                done, busy = await asyncio.wait(
                    busy, timeout=_LOOK, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    task.result()
        finally:
            for task in busy:
                task.cancel()
            await asyncio.gather(*busy, return_exceptions=True)
            # What may be under way is not given back as if untouched: its lease runs
            # out, and whoever claims it next knows that somebody was at it.
            untouched = [load for load in self._loads.values() if not load.under_way]
            await source.give_back(untouched)
            self._loads.clear()
            self._ready.clear()
        return self._settled

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(connection.quit() for _, connection in idle))

    def _hungry(self) -> bool:
        return (
            len(self._ready) <= self._delivery.connections // 2
            and not self._no_relay
            and not self._enough()
        )

    async def _look(self, source: Source, *, busy: bool) -> float:
        """Fetch packets; return when to look again (monotonic seconds)."""
        try:
            got = await self._feed(source)
        except TemporaryError as error:
            if not busy:
                raise
            # The database is away.  What is under way is not cut off: the relays'
            # answers wait with the clerk until they can be written.
            _log.warning("nothing fetched", reason=error.reason)
            return time.monotonic() + _REST
        return 0.0 if got else time.monotonic() + _LOOK

    async def _feed(self, source: Source) -> int:
        loads = await source.feed(self._delivery.connections - len(self._ready))
        for load in loads:
            self._loads[load.item.id] = load
        self._ready.extend(loads)
        return len(loads)

    def _start(self, busy: int) -> set[asyncio.Task[None]]:
        if self._no_relay or self._enough():
            # What is ready then is given back; tasks for it would find nothing to do.
            return set()
        wanted = min(len(self._ready), self._delivery.connections - busy)
        return {asyncio.create_task(self._serve()) for _ in range(wanted)}

    def _take(self, *, suspects: bool) -> Load | None:
        if self._no_relay or self._enough() or not self._ready:
            return None
        if self._ready[0].suspect and not suspects:
            return None
        return self._ready.popleft()

    async def _serve(self) -> None:
        """Be one connection: send loads until none is left or the relay goes away."""
        load = self._take(suspects=True)
        if load is None:
            return
        connection = await self._connection()
        if connection is None:
            # No relay answers: what is claimed goes back untouched.
            self._no_relay = True
            return
        await self._note_suspect(load, connection)
        mine = [load]
        try:
            await connection.deliver(
                self._stream(mine, connection),
                partial(self._report, relay=str(connection.relay)),
                permit=_is_ours,
            )
        except ConnectionLost as lost:
            await self._recover(lost, connection.relay)
        else:
            self._idle.append((time.monotonic(), connection))
        for unfinished in mine:
            if unfinished.expired:
                self._loads.pop(unfinished.item.id, None)
            elif unfinished.left and not self._enough():
                self._ready.appendleft(unfinished)

    async def _note_suspect(self, load: Load, connection: SmtpConnection) -> None:
        """Write down what an earlier worker may have sent without saying so.

        A second claim without a settle between means that somebody died or lost the
        lease.  A packet is worked on in order by one connection, so at most its first
        transaction without an outcome was under way.
        """
        if not load.suspect:
            return
        # Which relay the other one talked to is not known: where there are several,
        # one of them may have taken the whole packet at once.
        xverp = self._delivery.xverp and (
            connection.capabilities.xverp or len(self._delivery.relays) > 1
        )
        rows = answers.possible_duplicates(
            load,
            load.first_positions(xverp=xverp),
            why="an earlier worker ended without saying",
        )
        await self._clerk.write(Entry(outcomes=rows))

    def _stream(
        self, mine: list[Load], connection: SmtpConnection
    ) -> Iterator[Transaction]:
        """Yield the transactions of load after load, as long as there are any."""
        xverp = self._delivery.xverp and connection.capabilities.xverp
        load = mine[-1]
        while True:
            while load.left and not self._enough() and not load.expired:
                yield load.next_transaction(xverp=xverp and connection.relay.xverp)
            # A suspect's first transaction is written down before: not from here.
            following = self._take(suspects=False)
            if following is None:
                return
            load = following
            mine.append(load)

    async def _connection(self) -> SmtpConnection | None:
        """Return an idle connection or a new one; None when every relay rests."""
        while self._idle:
            since, connection = self._idle.pop()
            if connection.alive and time.monotonic() - since < _IDLE:
                return connection
            connection.abort()
        while relay := self._pool.pick():
            try:
                connection = await self._open(relay)
            except RelayUnavailable as error:
                self._pool.failed(relay)
                _log.warning("relay failed", relay=str(relay), reason=error.reason)
            else:
                self._pool.succeeded(relay)
                return connection
        return None

    async def _report(self, result: TransactionResult, *, relay: str) -> None:
        load, positions = answers.tag_of(result.transaction)
        outcomes, failures = answers.read(load, positions, result.replies, relay=relay)
        ends = load.under_way == 1 and not load.left
        verdict = answers.verdict(load) if ends else None
        await self._clerk.write(
            Entry(
                outcomes=outcomes,
                failures=failures,
                ended=(load.item, verdict) if verdict else None,
            )
        )
        # Not before: until the commit it is as good as not answered.
        load.under_way -= 1
        if verdict is not None:
            self._loads.pop(load.item.id, None)
            self._settled += 1
            answers.say(load, verdict)

    async def _recover(self, lost: ConnectionLost, relay: Relay) -> None:
        """Put back what was not sent; note what may have been."""
        _log.warning("connection lost", relay=str(relay), reason=lost.reason)
        for transaction in reversed(lost.unsent):
            load, positions = answers.tag_of(transaction)
            load.take_back(positions)
        if lost.transaction is not None:
            load, positions = answers.tag_of(lost.transaction)
            if lost.after_data:
                await self._clerk.write(
                    Entry(outcomes=answers.possible_duplicates(load, positions))
                )
                self._pool.failed(relay)
            load.take_back(positions)


def _is_ours(transaction: Transaction) -> bool:
    """Tell whether its content may still go: nobody else can have the packet."""
    load, _ = answers.tag_of(transaction)
    return not load.expired
