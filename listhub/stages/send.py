"""Send: packets leave through the relays, and every recipient gets an outcome.

    claim packets ─▶ loads ─▶ connections: content k | MAIL RCPT DATA k+1 | …
                                  │ reply
                                  ▼
                  classify ─▶ clerk: outcomes of all connections in one commit
                                  │ committed: the gate opens for the next content
                                  ▼
                  last outcome of a packet and the end of its item: one commit

A packet is worked on by one connection at a time and in order, so after a crash the
only transaction of it whose fate is unknown is the first without an outcome.  It is
written down as a possible duplicate before it is sent again.
"""

import asyncio
import contextlib
import gc
import ssl
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import psycopg
import uvloop

from listhub import log
from listhub.delivery.clerk import Clerk
from listhub.delivery.dispatcher import Dispatcher
from listhub.delivery.load import Load
from listhub.delivery.relays import Relay, RelayPool
from listhub.delivery.session import Timeouts
from listhub.delivery.smtp import SmtpConnection
from listhub.errors import TemporaryError
from listhub.stages.packets import PacketDesk
from listhub.stages.stage import FlowStage, Host

_log = log.get(__name__)

#: Threads hand the interpreter over this often, in seconds: the clerk must not wait
#: the usual 5 ms behind the event loop after each commit.
_SWITCH = 0.0005

#: The collector looks for cycles after so many new objects: a copy makes some forty,
#: none of them in a cycle, and the usual 700 cost a twentieth of all the work.
_GARBAGE = 50_000


T = TypeVar("T")


class Sender:
    """The sending of one process: loop, connections and clerk live between drains."""

    def __init__(self, host: Host) -> None:
        sys.setswitchinterval(_SWITCH)
        gc.set_threshold(_GARBAGE)
        self._host = host
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._desk = PacketDesk(host)
        # One thread: its connection is used by one statement at a time.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")
        self._pool = RelayPool(
            map(Relay.parse, host.settings.delivery.relays), time.monotonic
        )
        self._clerk: Clerk | None = None
        self._dispatcher: Dispatcher | None = None

    def drain(self, seconds: float) -> int:
        """Send for at most `seconds`, or until nothing is left; return settled items."""
        return self._runner.run(self._drain(time.monotonic() + seconds))

    def close(self) -> None:
        """Say goodbye to the relays and end the threads."""
        if self._dispatcher is not None:
            self._runner.run(self._dispatcher.close())
        if self._clerk is not None:
            self._clerk.close()
        self._thread.submit(self._desk.close).result()
        self._thread.shutdown()
        self._runner.close()

    async def feed(self, limit: int) -> list[Load]:
        """Claim packets with all that is needed to send them."""
        return await self._at_desk(partial(self._desk.claim, limit))

    async def give_back(self, loads: list[Load]) -> None:
        """Release what was not finished, now or, if that fails, at the next claim."""
        if not loads:
            return
        with contextlib.suppress(TemporaryError):
            try:
                await self._at_desk(partial(self._desk.release, loads))
            except TemporaryError:
                # Perhaps it is only the connection, which broke while nobody used it.
                await self._at_desk(partial(self._desk.release, ()))

    async def _drain(self, ends: float) -> int:
        # Let the loop notice connections that the relay has closed meanwhile.
        await asyncio.sleep(0)
        dispatcher = self._dispatcher = self._dispatcher or self._make()
        keeper = asyncio.create_task(self._keep_leases(dispatcher))
        try:
            return await dispatcher.run(
                self,
                enough=lambda: time.monotonic() >= ends or self._host.stopping(),
            )
        finally:
            keeper.cancel()

    def _make(self) -> Dispatcher:
        settings = self._host.settings
        self._clerk = Clerk(
            settings.database, host=self._host.name, tally=self._host.tally
        )
        delivery = settings.delivery
        connect = partial(
            SmtpConnection.open,
            helo=delivery.helo,
            timeouts=Timeouts(
                connect=delivery.connect_timeout,
                reply=delivery.reply_timeout,
                data=delivery.data_timeout,
            ),
            ssl_context=ssl.create_default_context(),
        )
        return Dispatcher(delivery, clerk=self._clerk, pool=self._pool, open_=connect)

    async def _keep_leases(self, dispatcher: Dispatcher) -> None:
        """Renew the leases of what is in work; stop work on what was lost."""
        while True:
            await asyncio.sleep(self._host.settings.spool.lease / 3)
            loads = dispatcher.loads
            try:
                await self._at_desk(partial(self._desk.extend, loads))
            except TemporaryError as error:
                # They run out in time, and then work on them stops.
                _log.warning("leases not renewed", reason=error.reason)

    async def _at_desk(self, work: "partial[T]") -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except psycopg.Error as error:
            away = self._host.away(error)
            self._host.hang_up()
            if not away:
                raise
            raise TemporaryError(
                "The database went away; try again later.", reason=str(error)
            ) from error


def _open(host: Host) -> Sender:
    return Sender(host)


STAGE = FlowStage(
    name="send",
    about="Sends packets through the relays and records an outcome per recipient.",
    open=_open,
)
