"""Load an LMTP server with a bounded number of mails and say how fast it answered.

    python scripts/bench_lmtp.py --port 8024 --to list@example.org \\
        --mails 2000 --connections 8 --size 10240

Every mail differs from every other, also between runs, or the server would take them
for retries.  Counted is what was answered with 250, that is, what is durable.
"""

import argparse
import asyncio
import json
import os
import sys
import time

import uvloop


class Client(asyncio.Protocol):
    """One connection that sends mail after mail, as a pipelining MTA does."""

    def __init__(self, load, done):
        self.load = load
        self.done = done
        self.buffer = b""
        self.steps = None

    def connection_made(self, transport):
        self.transport = transport
        self.steps = self.talk()
        next(self.steps)

    def connection_lost(self, exc):
        if not self.done.done():
            self.done.set_exception(exc or EOFError("the server closed"))

    def data_received(self, data):
        self.buffer += data
        try:
            while b"\n" in self.buffer:
                line, _, self.buffer = self.buffer.partition(b"\n")
                if line[3:4] != b"-":
                    self.steps.send(line)
        except StopIteration:
            if not self.done.done():
                self.done.set_result(None)
            self.transport.close()

    def talk(self):
        load, write = self.load, self.transport.write
        yield
        write(b"LHLO bench.example\r\n")
        yield
        head = load.envelope
        while load.left > 0:
            load.left -= 1
            began = time.perf_counter()
            write(head)
            for _ in range(3):
                reply = yield
            if not reply.startswith(b"354"):
                raise SystemExit(f"DATA was answered with {reply!r}")
            write(load.mail())
            reply = yield
            load.latencies.append(time.perf_counter() - began)
            load.taken += reply.startswith(b"250")
        write(b"QUIT\r\n")
        yield


class Load:
    """What is to be sent, and what came of it."""

    def __init__(self, args):
        self.left = args.mails
        self.taken = 0
        self.latencies = []
        self.envelope = (
            f"MAIL FROM:<{args.sender}>\r\nRCPT TO:<{args.to}>\r\nDATA\r\n"
        ).encode()
        self.run = os.urandom(6).hex()
        self.number = 0
        self.head = (
            f"From: {args.sender}\r\nTo: {args.to}\r\nSubject: load\r\n"
            "Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
        ).encode()
        line = b"x" * 76 + b"\r\n"
        self.body = b"\r\n" + line * max((args.size - len(self.head)) // len(line), 1)

    def mail(self):
        self.number += 1
        number = f"Message-ID: <{self.run}.{self.number}@bench.example>\r\n".encode()
        return self.head + number + self.body + b".\r\n"


async def send(args):
    loop = asyncio.get_running_loop()
    load = Load(args)
    done = [loop.create_future() for _ in range(args.connections)]
    began = time.perf_counter()
    for future in done:
        factory = lambda future=future: Client(load, future)  # noqa: E731
        if args.socket:
            await loop.create_unix_connection(factory, args.socket)
        else:
            await loop.create_connection(factory, args.host, args.port)
    await asyncio.gather(*done)
    seconds = time.perf_counter() - began
    latencies = sorted(load.latencies)
    return {
        "mails": args.mails,
        "taken": load.taken,
        "connections": args.connections,
        "seconds": round(seconds, 3),
        "rate": round(load.taken / seconds, 1),
        "p50_ms": round(latencies[len(latencies) // 2] * 1000, 2),
        "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000, 2),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8024)
    parser.add_argument("--socket", help="a Unix socket instead of host and port")
    parser.add_argument("--to", required=True)
    parser.add_argument("--sender", default="sender@bench.example")
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--size", type=int, default=10240, help="octets per mail")
    args = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(send(args))
    print(json.dumps(result))
    return 0 if result["taken"] == result["mails"] else 1


if __name__ == "__main__":
    sys.exit(main())
