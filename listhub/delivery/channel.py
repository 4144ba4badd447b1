"""One conversation with a relay: bytes out, whole replies in, one timer.

The channel keeps count of the replies that the relay owes.  One that is not owed
means that the two sides no longer agree on what answers what; then, as after 421,
a time-out or the end of the connection, the channel is lost and says why.
"""

import asyncio
import re
import socket
import ssl
from collections import deque
from collections.abc import Iterable
from typing import cast

from typing_extensions import override

from listhub.delivery.transaction import Reply

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\U0010ffff]+")
#: RFC 5321 §4.5.3.1.5 allows a reply line 512 octets; a peer gets more, but not all.
_LONGEST_LINE = 16_384
_MOST_LINES = 256
_LONGEST_TEXT = 1_000
#: Seconds: with TLS the other side has to take part in the closing.
_LONGEST_GOODBYE = 2.0


class ChannelLost(Exception):
    """No further reply will come; the text says why."""


def parse_reply(raw: bytes) -> Reply:
    """Return the code, the enhanced status and the text, its lines joined by a space."""
    text = " ".join(
        line[4:].strip() for line in raw.decode("utf-8", "replace").split("\n")
    )
    enhanced = ""
    if match := _ENHANCED.match(text):
        enhanced = match[1]
        # RFC 2034 §4: every line of the reply repeats the status.
        text = text[match.end() :].replace(f" {enhanced} ", " ")
    if not text.isprintable():
        # It will be stored and shown: no NUL, no escape sequences.
        text = _UNPRINTABLE.sub(" ", text)
    return Reply(int(raw[:3]), enhanced, text[:_LONGEST_TEXT])


class ReplyChannel(asyncio.Protocol):
    """The client's end of an SMTP connection."""

    #: Why nothing more can be said or heard, or "" while all is well.
    lost: str

    def __init__(self, *, period: float) -> None:
        """Check time-outs every `period` seconds: a timer per reply would cost more."""
        self.lost = ""
        self._loop = asyncio.get_running_loop()
        self._period = period
        self._transport: asyncio.Transport | None = None
        self._closed = self._loop.create_future()
        self._replies: deque[bytes] = deque()
        #: Replies that the relay still has to give, the greeting first.
        self._owed = 1
        self._tail = b""
        self._begun: list[bytes] = []
        self._waiter: asyncio.Future[None] | None = None
        self._wanted = 0
        self._deadline = 0.0
        self._overdue = False
        self._timer: asyncio.TimerHandle | None = None

    # What the rest of the sender calls

    def send(self, chunks: Iterable[bytes], owed: int) -> None:
        """Write the chunks as one; the relay owes `owed` replies more.

        Raise ChannelLost, with nothing written, when nobody listens any more.
        """
        if self.lost or self._transport is None:
            raise ChannelLost(self.lost or "not connected")
        self._owed += owed
        self._transport.writelines(chunks)

    async def replies(self, count: int, timeout: float) -> list[bytes]:  # noqa: ASYNC109 - see _tick
        """Return the next `count` raw replies, fewer only where the last is a 421.

        Raise ChannelLost when the connection ends, or `timeout` seconds pass, first.
        """
        got = self._replies
        if len(got) < count and not self.lost:
            self._wanted = count
            self._deadline = self._loop.time() + timeout
            self._overdue = False
            if self._timer is None:
                self._timer = self._loop.call_later(self._period, self._tick)
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if len(got) < count:
            if not got or not got[-1].startswith(b"421"):
                raise ChannelLost(self.lost)
            count = len(got)
        self._owed -= count
        return [got.popleft() for _ in range(count)]

    async def start_tls(
        self,
        context: ssl.SSLContext,
        *,
        hostname: str,
        timeout: float,  # noqa: ASYNC109 - the loop's own parameter
    ) -> None:
        """Put TLS under the conversation; raise OSError or ChannelLost if it fails."""
        if self._replies or self._tail or self._begun:
            # What came in clear after the 220 must not be read as if it had come
            # through TLS (the command injection of CVE-2011-0411).
            self.lose("the relay went on in clear after its answer to STARTTLS")
        if self.lost or self._transport is None:
            raise ChannelLost(self.lost)
        transport = await self._loop.start_tls(
            self._transport,
            self,
            context,
            server_hostname=hostname,
            ssl_handshake_timeout=timeout,
        )
        if transport is None:
            raise ChannelLost("the connection ended in the TLS handshake")
        self._transport = transport

    def lose(self, reason: str) -> None:
        """Give up: drop the connection with whatever is still to be written."""
        self._note(reason)
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Close and wait until the socket is gone, but not for a peer that hangs."""
        self._note("closed by us")
        if self._transport is not None:
            self._transport.close()
            await asyncio.wait((self._closed,), timeout=_LONGEST_GOODBYE)
            self._transport.abort()

    # What the event loop calls

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, not a check: uvloop's transports are no asyncio.Transport.
        self._transport = cast("asyncio.Transport", transport)
        wire = transport.get_extra_info("socket")
        if wire is not None and wire.family in {socket.AF_INET, socket.AF_INET6}:
            # Nagle and delayed ACK together cost 40 ms per transaction.
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @override
    def data_received(self, data: bytes) -> None:
        if self._tail:
            data = self._tail + data
        lines = data.split(b"\n")
        self._tail = lines.pop()
        replies = self._replies
        for line in lines:
            if line[3:4] == b"-" or self._begun or not line[:3].isdigit():
                self._continue(line)
            else:
                replies.append(line)
                if line.startswith(b"421"):
                    self._end(line)
        if len(replies) > self._owed:
            self.lose(f"the relay spoke unasked: {parse_reply(replies[-1]).text}")
        elif len(self._tail) > _LONGEST_LINE:
            self.lose("the relay sent a line without an end")
        elif len(replies) >= self._wanted:
            self._wake()

    @override
    def eof_received(self) -> None:
        self._note("the relay closed the connection")

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._note(f"the connection broke: {exc}" if exc else "the connection ended")
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._closed.done():
            self._closed.set_result(None)

    # Inner workings

    def _continue(self, line: bytes) -> None:
        """Take a line of a reply that has several (RFC 5321 §4.2.1), or refuse it."""
        if not line[:3].isdigit() or len(self._begun) >= _MOST_LINES:
            self.lose("the relay does not speak SMTP")
            return
        self._begun.append(line)
        if line[3:4] != b"-":
            whole = b"\n".join(self._begun)
            self._begun.clear()
            self._replies.append(whole)
            if line.startswith(b"421"):
                self._end(whole)

    def _end(self, raw: bytes) -> None:
        """After 421 the relay hears nothing more (RFC 5321 §3.8)."""
        self._note(f"the relay ended the session: {parse_reply(raw).text}")
        if self._transport is not None:
            self._transport.close()

    def _tick(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        late = self._loop.time() >= self._deadline
        if late and self._overdue:
            self.lose("no answer in time")
            return
        # Not at the first sight of it: when this process was stopped for a while,
        # timers run before the answer that has long been here is read.
        self._overdue = late
        self._timer = self._loop.call_later(self._period, self._tick)

    def _note(self, reason: str) -> None:
        if not self.lost:
            self.lost = reason
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
