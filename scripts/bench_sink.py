#!/usr/bin/env python3
"""A relay that takes everything and costs little: the far end of the benches.

    bench_sink.py --port 2525 [--processes 2] [--unique] [--record DIR] [--xverp]

Prints one line of JSON when it listens and its totals as another at SIGTERM or
SIGINT.  `XSTATS` on the same port answers `250 {totals}` for all processes.
--unique counts copies of the same Message-ID to the same recipient, across processes.
--record writes one line per recipient, `ns reverse-path recipient message-id
x-sequence`, to DIR/<process>; it is complete after XSTATS or the end.
"""

import argparse
import asyncio
import json
import mmap
import os
import re
import signal
import socket
import sys
import time
from pathlib import Path

import uvloop

COLUMNS = ("connections", "messages", "recipients", "octets", "first_ns", "last_ns")
CONNECTIONS, MESSAGES, RECIPIENTS, OCTETS, FIRST, LAST = range(len(COLUMNS))
#: Hashes of (Message-ID, recipient) per process; the pages come as they are touched.
MOST_COPIES = 8_000_000

GREETING = b"220 sink.example ESMTP\r\n"
OK, GO = b"250 2.0.0 Ok\r\n", b"354 Go on\r\n"
#: The answers to MAIL, n RCPTs and DATA.
ANSWERS = {count: OK * (count + 1) + GO for count in range(1, 1001)}
MESSAGE_ID = re.compile(rb"\nmessage-id:[ \t]*([^\r\n]+)", re.IGNORECASE)
SEQUENCE = re.compile(rb"\nx-sequence:[ \t]*([^\r\n]+)", re.IGNORECASE)
ENVELOPE = re.compile(rb"\A(?:MAIL|RCPT|DATA|RSET)", re.IGNORECASE)


class Counters:
    """Totals in memory that all processes share, a row and an area for each."""

    def __init__(self, processes: int, most_copies: int) -> None:
        self.width = len(COLUMNS) + 1
        self.processes, self.most_copies = processes, most_copies
        cells = processes * (self.width + most_copies)
        self.cells = memoryview(mmap.mmap(-1, cells * 8)).cast("q")

    def row(self, process: int) -> memoryview:
        return self.cells[process * self.width : (process + 1) * self.width]

    def copies(self, process: int) -> memoryview:
        start = self.processes * self.width + process * self.most_copies
        return self.cells[start : start + self.most_copies]

    def totals(self) -> dict[str, int | float | None]:
        rows = [self.row(process).tolist() for process in range(self.processes)]
        totals = {
            name: sum(row[column] for row in rows)
            for column, name in enumerate(COLUMNS[:FIRST])
        }
        first = min((row[FIRST] for row in rows if row[FIRST]), default=0)
        last = max(row[LAST] for row in rows)
        result: dict[str, int | float | None] = {
            **totals,
            "first_ns": first,
            "last_ns": last,
            "seconds": (last - first) / 1e9,
            "doubled": None,
        }
        if self.most_copies:
            seen: set[int] = set()
            for process, row in enumerate(rows):
                seen.update(self.copies(process)[: row[-1]].tolist())
            result["doubled"] = sum(row[-1] for row in rows) - len(seen)
        return result


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self, process: "Process") -> None:
        self.process = process
        self.row = process.row
        self.transport: asyncio.Transport | None = None
        self.buffer = b""
        self.chunks: list[bytes] | None = None
        self.tail = b""
        self.reverse_path = b""
        self.recipients: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.row[CONNECTIONS] += 1
        self.transport = transport  # type: ignore[assignment]
        transport.write(GREETING)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        answer = b""
        if self.chunks is not None:
            # The last terminator in sight is the only one: nobody may go on with a
            # second content before it has seen our 354.
            window = self.tail + data
            end = window.rfind(b"\r\n.\r\n")
            if end < 0:
                self.chunks.append(data)
                self.tail = window[-4:]
                return
            self.chunks.append(data)
            self.take(end - len(self.tail))
            data, answer = window[end + 5 :], OK
        if data or self.buffer:
            answer += self.commands(data)
        if answer:
            self.transport.write(answer)  # type: ignore[union-attr]

    def take(self, end: int) -> None:
        """Count the message that the chunks hold; `end` is relative to the last."""
        row, recipients, now = self.row, self.recipients, time.monotonic_ns()
        chunks, self.chunks, self.tail = self.chunks or [], None, b""
        row[MESSAGES] += 1
        row[RECIPIENTS] += len(recipients)
        row[OCTETS] += sum(map(len, chunks[:-1])) + end + 2
        row[FIRST] = row[FIRST] or now
        row[LAST] = now
        if self.process.looks:
            self.process.look(chunks, self.reverse_path, recipients, now)

    def commands(self, data: bytes) -> bytes:
        if self.buffer:
            data = self.buffer + data
        lines = data.split(b"\r\n")
        self.buffer = lines.pop()
        # What a pipelining client sends, and nothing else, goes through in one step.
        count = len(lines) - 2
        if (
            count > 0
            and lines[0].startswith(b"MAIL")
            and lines[-1] == b"DATA"
            and count in ANSWERS
        ):
            self.reverse_path = lines[0]
            self.recipients = lines[1:-1]
            self.chunks = []
            # A terminator may follow at once: the CRLF before it ended DATA.
            self.tail = b"\r\n"
            return ANSWERS[count]
        return b"".join(map(self.command, lines))

    def command(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self.reverse_path, self.recipients = line, []
        elif verb == b"RCPT":
            self.recipients.append(line)
        elif verb == b"DATA":
            self.chunks, self.tail = [], b"\r\n"
            return GO
        elif verb == b"EHLO":
            return self.process.hello
        elif verb == b"XSTA":
            self.process.flush()
            return (
                b"250 " + json.dumps(self.process.counters.totals()).encode() + b"\r\n"
            )
        elif verb == b"QUIT":
            self.transport.write(b"221 2.0.0 Bye\r\n")  # type: ignore[union-attr]
            self.transport.close()  # type: ignore[union-attr]
            return b""
        elif verb not in {b"RSET", b"NOOP", b"HELO"}:
            return b"502 5.5.1 What?\r\n"
        return OK


class Process:
    """What the connections of one process share."""

    def __init__(
        self, options: argparse.Namespace, counters: Counters, number: int
    ) -> None:
        self.counters = counters
        self.row = counters.row(number)
        self.copies = counters.copies(number) if options.unique else None
        self.record: list[bytes] = []
        self.file = (
            (Path(options.record) / str(number)).open("ab") if options.record else None
        )
        self.looks = options.unique or self.file is not None
        xverp = b"250-XVERP\r\n" if options.xverp else b""
        self.hello = (
            b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 0\r\n250-8BITMIME\r\n"
            + xverp
            + b"250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n"
        )

    def look(
        self, chunks: list[bytes], mail: bytes, recipients: list[bytes], now: int
    ) -> None:
        content = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        found = MESSAGE_ID.search(content)
        message_id = found[1] if found else b"-"
        for recipient in recipients:
            if self.copies is not None:
                # Forked processes share the seed, so the same copy hashes alike.
                self.copies[self.row[-1]] = hash((message_id, recipient))
                self.row[-1] += 1
        if self.file is not None:
            found = SEQUENCE.search(content)
            sequence = found[1] if found else b"-"
            path = _path(mail)
            self.record += [
                b"%d %b %b %b %b\n" % (now, path, _path(rcpt), message_id, sequence)
                for rcpt in recipients
            ]
            if len(self.record) > 1000:
                self.flush()

    def flush(self) -> None:
        if self.file is not None:
            self.file.write(b"".join(self.record))
            self.file.flush()
            self.record.clear()

    async def serve(self, wire: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        over = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, over.set)
        server = await loop.create_server(lambda: Sink(self), sock=wire, backlog=4096)
        await over.wait()
        server.close()
        self.flush()


def _path(line: bytes) -> bytes:
    return line[line.find(b"<") : line.rfind(b">") + 1]


def _listen(host: str, port: int) -> socket.socket:
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    wire.bind((host, port))
    return wire


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--unique", action="store_true")
    parser.add_argument("--record", default="", metavar="DIR")
    parser.add_argument("--xverp", action="store_true", help="announce XVERP")
    options = parser.parse_args()
    counters = Counters(options.processes, MOST_COPIES if options.unique else 0)
    first = _listen(options.host, options.port)
    port = first.getsockname()[1]
    wires = [first]
    wires += [_listen(options.host, port) for _ in range(options.processes - 1)]
    children = []
    for number, wire in enumerate(wires):
        pid = os.fork()
        if pid == 0:
            # The other sockets must close here, or connections queue up where
            # nobody accepts them once their own process is gone.
            for other in wires:
                if other is not wire:
                    other.close()
            uvloop.run(Process(options, counters, number).serve(wire))
            os._exit(0)
        children.append(pid)
    for wire in wires:
        wire.close()

    def stop(*_: object) -> None:
        for pid in children:
            os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(
        json.dumps({"host": options.host, "port": port, "pid": os.getpid()}), flush=True
    )
    for pid in children:
        os.waitpid(pid, 0)
    print(json.dumps(counters.totals()), flush=True)


if __name__ == "__main__":
    sys.exit(main())
