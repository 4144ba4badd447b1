"""A relay that takes everything, slowly if asked, and remembers each transaction.

    python -m tests.system.sink --port 2525 --record FILE [--pace 0.02] [--xverp]

A line of JSON per transaction is written to the kernel before its 250, so a kill of
this program, or of its clients, leaves nothing that was answered unrecorded.  `--pace`
is how many seconds the relay thinks about each content: kills then hit in flight.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import socket

import uvloop

_MESSAGE_ID = re.compile(rb"(?im)^message-id:[ \t]*<?([^>\r\n]+)")
_PATH = re.compile(rb"<([^>]*)>")


class Sink:
    """What all connections share."""

    def __init__(self, options: argparse.Namespace) -> None:
        flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
        self._file = os.open(options.record, flags, 0o600)
        self._pace: float = options.pace
        self._offers = ["sink.example", "PIPELINING", "8BITMIME", "SMTPUTF8"]
        self._offers += ["ENHANCEDSTATUSCODES"] + ["XVERP"] * options.xverp
        self._connections = 0

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Talk to one client until it goes."""
        self._connections += 1
        try:
            await self._talk(reader, writer, number=self._connections)
        except (
            ConnectionError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        ):
            pass
        finally:
            writer.close()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, number: int
    ) -> None:
        writer.write(b"220 sink.example ESMTP\r\n")
        path, recipients = "", list[str]()
        while line := await reader.readline():
            verb, answer = line[:4].upper(), b"250 2.0.0 Ok\r\n"
            if verb == b"EHLO":
                answer = b"".join(b"250-%b\r\n" % one.encode() for one in self._offers)
                answer += b"250 HELP\r\n"
            elif verb == b"MAIL":
                path, recipients = _address(line), []
            elif verb == b"RCPT":
                recipients.append(_address(line))
            elif verb == b"DATA":
                writer.write(b"354 Go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(self._pace)
                self._remember(number, path, recipients, content)
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 Bye\r\n")
                return
            writer.write(answer)

    def _remember(
        self, number: int, path: str, recipients: list[str], content: bytes
    ) -> None:
        found = _MESSAGE_ID.search(content)
        entry = {
            "message_id": found[1].decode() if found else "",
            "recipients": recipients,
            "from": path,
            "connection": f"{os.getpid()}/{number}",
        }
        # One write to a file opened for appending: it is there whole or not at all.
        os.write(self._file, json.dumps(entry).encode() + b"\n")


def _address(line: bytes) -> str:
    found = _PATH.search(line)
    return found[1].decode() if found else ""


async def main(options: argparse.Namespace) -> None:
    sink = Sink(options)
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    server = await asyncio.start_server(
        sink.serve,
        "127.0.0.1",
        options.port,
        family=socket.AF_INET,
        limit=1 << 24,
        backlog=1024,
    )
    await over.wait()
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--record", required=True)
    parser.add_argument("--pace", type=float, default=0.0)
    parser.add_argument("--xverp", action="store_true")
    uvloop.run(main(parser.parse_args()))
