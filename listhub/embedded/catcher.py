"""The catching SMTP server: takes all mail, keeps it to look at, passes none on.

`python -m listhub.embedded.catcher --port PORT --dir DIRECTORY`; see caught.py for how
the mail lies there.  An answer is given only after the mail is written (to the
kernel, not to the platter: this is for demonstrations and tests).  Recipients whose
local part begins with `tempfail` get 451, those with `refuse` 550.
"""

import argparse
import asyncio
import contextlib
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, cast

import uvloop
from typing_extensions import override

from listhub.embedded.caught import Keeper

MAX_SIZE = 64 * 1024 * 1024
_MAX_LINE = 4096  # RFC 5321 §4.5.3.1 asks for 512, SMTPUTF8 and parameters for more
_END = b"\r\n.\r\n"

# RFC 5321 §4.1.2; what stands in the angle brackets is taken as it is.
_PATH = re.compile(
    rb"(?:FROM|TO):\s*<((?:\"(?:\\.|[^\"\\])*\"|[^<>\"])*)>(.*)", re.IGNORECASE
)

_CANNED = (
    (b"tempfail", b"451 4.3.0 Try again later, as always\r\n"),
    (b"refuse", b"550 5.1.1 No such mailbox, as always\r\n"),
)


class Conversation(asyncio.Protocol):
    """One client: commands in, replies out, in groups as they came (RFC 2920)."""

    _commands: ClassVar[dict[bytes, str]] = {
        b"EHLO": "_ehlo",
        b"HELO": "_helo",
        b"MAIL": "_mail",
        b"RCPT": "_rcpt",
        b"DATA": "_data",
        b"RSET": "_rset",
        b"NOOP": "_noop",
        b"VRFY": "_vrfy",
        b"QUIT": "_quit",
    }

    def __init__(self, keeper: Keeper, clients: set["Conversation"]) -> None:
        self._keeper = keeper
        self._clients = clients
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._searched = 0
        self._in_data = False
        self._done = False
        self._reverse_path: bytes | None = None
        self._recipients: list[bytes] = []

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are streams, but not of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._clients.add(self)
        self._transport.write(
            b"220 catcher.listhub.invalid ESMTP keeps what it gets\r\n"
        )

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._clients.discard(self)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        replies: list[bytes] = []
        while not self._done:
            reply = self._content() if self._in_data else self._line()
            if reply is None:
                break
            replies.append(reply)
        if self._transport is not None and replies:
            self._transport.write(b"".join(replies))
            if self._done:
                self._transport.close()

    def _line(self) -> bytes | None:
        """Answer the next whole command line, None where there is none yet."""
        end = self._buffer.find(b"\n")
        if end < 0 and len(self._buffer) <= _MAX_LINE:
            return None
        if end < 0 or end > _MAX_LINE:
            self._done = True
            return b"500 5.5.6 Line too long\r\n"
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        verb, _, rest = line.partition(b" ")
        name = self._commands.get(verb.upper())
        if name is None:
            return b"500 5.5.2 Command not known\r\n"
        handler: Callable[[bytes], bytes] = getattr(self, name)
        return handler(rest)

    def _content(self) -> bytes | None:
        """Answer for a whole message, None where it has not ended yet."""
        if self._buffer.startswith(b".\r\n"):
            raw, length = b"", 3
        else:
            end = self._buffer.find(_END, self._searched)
            if end < 0 and len(self._buffer) > 2 * MAX_SIZE:
                self._done = True
                return b"552 5.3.4 Message too large\r\n"
            if end < 0:
                self._searched = max(0, len(self._buffer) - len(_END) + 1)
                return None
            raw, length = bytes(self._buffer[: end + 2]), end + len(_END)
        del self._buffer[:length]
        self._in_data = False
        reply = self._keep(raw)
        self._reset()
        return reply

    def _keep(self, raw: bytes) -> bytes:
        # RFC 5321 §4.5.2: the first dot of a line that begins with one was added.
        if raw.startswith(b"."):
            raw = raw[1:]
        content = raw.replace(b"\r\n.", b"\r\n")
        if len(content) > MAX_SIZE:
            return b"552 5.3.4 Message too large\r\n"
        try:
            digest = self._keeper.keep(
                content,
                reverse_path=self._reverse_path or b"",
                recipients=self._recipients,
            )
        except OSError:
            return b"452 4.3.1 The mail could not be written\r\n"
        return b"250 2.0.0 Caught as " + digest[:16].encode() + b"\r\n"

    def _reset(self) -> None:
        self._reverse_path = None
        self._recipients = []
        self._searched = 0

    def _ehlo(self, _rest: bytes) -> bytes:
        self._reset()
        return (
            b"250-catcher.listhub.invalid\r\n"
            b"250-PIPELINING\r\n"
            b"250-8BITMIME\r\n"
            b"250-SMTPUTF8\r\n"
            b"250-ENHANCEDSTATUSCODES\r\n"
            b"250 SIZE %d\r\n" % MAX_SIZE
        )

    def _helo(self, _rest: bytes) -> bytes:
        self._reset()
        return b"250 catcher.listhub.invalid\r\n"

    def _mail(self, rest: bytes) -> bytes:
        if self._reverse_path is not None:
            return b"503 5.5.1 MAIL was given already\r\n"
        match = _PATH.match(rest)
        if match is None:
            return b"501 5.5.4 MAIL FROM:<address> is expected\r\n"
        size = re.search(rb"\bSIZE=(\d{1,20})\b", match[2], re.IGNORECASE)
        if size is not None and int(size[1]) > MAX_SIZE:
            return b"552 5.3.4 Message too large\r\n"
        self._reverse_path = match[1]
        return b"250 2.1.0 Sender ok\r\n"

    def _rcpt(self, rest: bytes) -> bytes:
        if self._reverse_path is None:
            return b"503 5.5.1 MAIL comes first\r\n"
        match = _PATH.match(rest)
        if match is None or not match[1]:
            return b"501 5.5.4 RCPT TO:<address> is expected\r\n"
        address = match[1].lower()
        for prefix, reply in _CANNED:
            if address.startswith(prefix):
                return reply
        self._recipients.append(match[1])
        return b"250 2.1.5 Recipient ok\r\n"

    def _data(self, _rest: bytes) -> bytes:
        if self._reverse_path is None:
            return b"503 5.5.1 MAIL comes first\r\n"
        if not self._recipients:
            return b"554 5.5.1 No valid recipients\r\n"
        self._in_data = True
        return b"354 End with a dot\r\n"

    def _rset(self, _rest: bytes) -> bytes:
        self._reset()
        return b"250 2.0.0 Ok\r\n"

    def _noop(self, _rest: bytes) -> bytes:
        return b"250 2.0.0 Ok\r\n"

    def _vrfy(self, _rest: bytes) -> bytes:
        return b"252 2.1.5 Send some mail and see\r\n"

    def _quit(self, _rest: bytes) -> bytes:
        self._done = True
        return b"221 2.0.0 Bye\r\n"


async def serve(*, host: str, port: int, directory: Path) -> None:
    """Catch mail until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    clients: set[Conversation] = set()
    with Keeper(directory) as keeper:
        server = await loop.create_server(
            lambda: Conversation(keeper, clients), host, port, backlog=512
        )
        await stop.wait()
        server.close()
        for client in list(clients):
            client.close()
        await server.wait_closed()


def main(argv: list[str] | None = None) -> None:
    """Run the catching server in the foreground."""
    parser = argparse.ArgumentParser(prog="listhub.embedded.catcher")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, required=True)
    options = parser.parse_args(argv)
    with (
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(serve(host=options.host, port=options.port, directory=options.dir))


if __name__ == "__main__":
    main()
