"""The intake daemon: LMTP on a TCP port and on a Unix socket (RFC 2033).

One event loop carries the conversations (session.py), a few threads the database
(writer.py).  A peer that is slow, silent or mad costs one connection and no more.
"""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from typing_extensions import override

from listhub import log
from listhub.config import Settings
from listhub.errors import UsageError
from listhub.intake.accept import Incoming
from listhub.intake.events import Ask, Limits, Mail
from listhub.intake.known import RecentlyKnown
from listhub.intake.session import Session, Verdict
from listhub.intake.syntax import Reply, reply
from listhub.intake.unix_socket import UnixSocket
from listhub.intake.writer import Deposit, Nudge, Question, Writer
from listhub.lists import directory
from listhub.lists.directory import Asked, Known

_log = log.get(__name__)

_MOST_CONNECTIONS = 1000
#: Octets of one peer that wait to be looked at before we stop reading from it.
_MOST_PENDING = 256 * 1024
#: Octets of mail that wait for their commit before new mail is put off.
_MOST_WAITING = 256 * 1024 * 1024

_BUSY = reply(421, "4.3.2", "Too many connections; try again later.")
_LEAVING = reply(421, "4.3.2", "The service is being stopped; try again later.")
_SILENT = reply(421, "4.4.2", "Nothing was said for too long.")
_FULL = reply(452, "4.3.1", "Too much mail waits to be stored; try again later.")
_LATER = reply(451, "4.3.0", "The recipient cannot be looked up now; try again later.")


@dataclass(slots=True)
class _Office:
    """What all connections share."""

    writer: Writer
    limits: Limits
    host: str
    known: RecentlyKnown
    loop: asyncio.AbstractEventLoop
    doors: "set[_Door]"
    #: Set whenever the last connection is gone.
    empty: asyncio.Event


class _Door(asyncio.Protocol):
    """One connection: bytes to the session and back, its questions to the writer."""

    def __init__(self, office: _Office, *, local: bool) -> None:
        self._office = office
        self._local = local
        self._session = Session(host=office.host, limits=office.limits, local=local)
        self._transport: asyncio.Transport | None = None
        self._client = ""
        self._leaving = False
        self._hung_up = False
        self._choked = False
        self.last_heard = office.loop.time()

    @property
    def idle_since(self) -> float | None:
        """When the peer last said something; None while it waits for us."""
        return None if self._session.waiting else self.last_heard

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._client = "" if self._local or not peer else str(peer[0])
        self._office.doors.add(self)
        self._office.empty.clear()
        if len(self._office.doors) > _MOST_CONNECTIONS:
            self._session.output()  # the greeting is unsaid
            self.dismiss(_BUSY)
        self._flush()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._office.doors.discard(self)
        if not self._office.doors:
            self._office.empty.set()

    @override
    def data_received(self, data: bytes) -> None:
        self.last_heard = self._office.loop.time()
        self._session.feed(data)
        self._go_on()

    @override
    def eof_received(self) -> bool | None:
        # The peer may wait for a reply; what it left unfinished is no mail.
        self._hung_up = True
        return self._session.waiting

    @override
    def pause_writing(self) -> None:
        # A peer that does not read its replies gets no more of them.
        self._choked = True
        self._throttle()

    @override
    def resume_writing(self) -> None:
        self._choked = False
        self._go_on()

    def leave(self) -> None:
        """Take no new mail; finish the answer under way, then close."""
        self._leaving = True
        if not self._session.storing:
            self.dismiss(_LEAVING)

    def dismiss(self, farewell: Reply) -> None:
        """Say good-bye and close."""
        self._session.dismiss(farewell)
        self._flush()

    def _go_on(self) -> None:
        if self._transport is None:
            return  # nobody would hear the answers
        while not self._choked and (event := self._session.advance()) is not None:
            match event:
                case Ask(recipients):
                    self._ask(recipients)
                case Mail():
                    self._store(event)
        self._flush()
        self._throttle()

    def _flush(self) -> None:
        output = self._session.output()
        if self._transport is None:
            return
        if output:
            self._transport.write(output)
        if self._session.closed or (self._hung_up and not self._session.waiting):
            self._transport.close()

    def _throttle(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        stuck = self._choked or (
            self._session.waiting and self._session.pending > _MOST_PENDING
        )
        if stuck and self._transport.is_reading():
            self._transport.pause_reading()
        elif not stuck and not self._transport.is_reading():
            self._transport.resume_reading()

    def _ask(self, recipients: Sequence[str]) -> None:
        asked = [directory.read(recipient) for recipient in recipients]
        verdicts = self._office.known.recall(asked, now=self._office.loop.time())
        if verdicts is not None:
            self._session.answer_asked(verdicts)
            return

        def done(known: Known | None) -> None:
            self._session.answer_asked(self._judge(asked, known))
            self._go_on()

        self._office.writer.submit(Question(asked, done))

    def _judge(self, asked: Sequence[Asked], known: Known | None) -> list[Verdict]:
        if known is None:
            return [_LATER] * len(asked)
        self._office.known.remember(known, now=self._office.loop.time())
        return [directory.judge(each, known) for each in asked]

    def _store(self, mail: Mail) -> None:
        if self._office.writer.waiting > _MOST_WAITING:
            self._session.answer_mail([_FULL] * len(mail.recipients))
            return
        incoming = Incoming(
            content=mail.content,
            reverse_path=mail.reverse_path,
            recipients=mail.recipients,
            via="socket" if self._local else "lmtp",
            host=self._office.host,
            helo=mail.helo,
            client=self._client,
        )
        self._office.writer.submit(Deposit(incoming, self._stored))

    def _stored(self, replies: Sequence[Reply]) -> None:
        self.last_heard = self._office.loop.time()
        self._session.answer_mail(replies)
        if self._leaving:
            self.dismiss(_LEAVING)
        else:
            self._go_on()


class LmtpServer:
    """The daemon: `start`, then `stop`, in one running event loop."""

    def __init__(self, settings: Settings, *, nudge: Nudge) -> None:
        loop = asyncio.get_running_loop()
        intake = settings.intake
        self._intake = intake
        self._servers: list[asyncio.Server] = []
        self._socket = UnixSocket(intake.socket, mode=int(intake.socket_mode, 8))
        self._office = _Office(
            writer=Writer(
                database=settings.database,
                connections=intake.database_connections,
                window=timedelta(seconds=intake.retry_window),
                nudge=nudge,
                loop=loop,
            ),
            limits=Limits(
                max_size=intake.max_size, max_recipients=intake.max_recipients
            ),
            host=socket.gethostname(),
            known=RecentlyKnown(),
            loop=loop,
            doors=set(),
            empty=asyncio.Event(),
        )
        self._sweep: asyncio.TimerHandle | None = None
        #: Where TCP listens, once started.
        self.port = intake.port

    async def start(self) -> None:
        """Listen; UsageError if the port or the socket cannot be had."""
        self._servers.append(await self._listen())
        self.port = self._servers[0].sockets[0].getsockname()[1]
        if self._intake.socket:
            self._servers.append(await self._listen_here())
        self._office.writer.start()
        self._watch()
        _log.info(
            "intake listening",
            host=self._intake.host,
            port=self.port,
            socket=self._intake.socket,
        )

    async def _listen_here(self) -> asyncio.Server:
        server = await self._office.loop.create_unix_server(
            lambda: _Door(self._office, local=True), sock=self._socket.bind()
        )
        self._socket.publish()
        return server

    async def _listen(self) -> asyncio.Server:
        host, port = self._intake.host, self._intake.port
        try:
            return await self._office.loop.create_server(
                lambda: _Door(self._office, local=False), host, port, backlog=512
            )
        except OSError as error:
            raise UsageError(
                f"intake cannot listen on {host} port {port}"
                f" ({error.strerror or error}); set intake.host and intake.port.",
            ) from error

    async def stop(self, *, patience: float) -> None:
        """Take no new mail, finish what is being stored (seconds at most), close."""
        if self._sweep is not None:
            self._sweep.cancel()
        for server in self._servers:
            server.close()
        self._socket.remove()
        for door in list(self._office.doors):
            door.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                if self._office.doors:
                    await self._office.empty.wait()
                await self._office.writer.stop()
        _log.info("intake stopped", connections_cut=len(self._office.doors))

    def _watch(self) -> None:
        """Dismiss the silent: one timer for all connections."""
        now, patience = self._office.loop.time(), self._intake.idle_timeout
        for door in list(self._office.doors):
            since = door.idle_since
            if since is not None and now - since > patience:
                door.dismiss(_SILENT)
        self._sweep = self._office.loop.call_later(min(1.0, patience / 4), self._watch)
