#!/usr/bin/env python3
"""Our SMTP client in a bare loop: what sending costs without a database.

    bench_client.py --port 2525 [--processes 2] [--connections 25] [--transactions N]
                    [--size 10240] [--recipients 1] [--no-pipelining] [--json]

Opens all connections first, then sends; --connections is per process.
"""

import argparse
import asyncio
import dataclasses
import json
import multiprocessing
import resource
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Barrier
from typing import Any

import uvloop

from listhub.delivery.relays import Relay
from listhub.delivery.smtp import SmtpConnection
from listhub.delivery.transaction import Transaction, TransactionResult
from listhub.delivery.wire import to_wire


def content_of(size: int, message_id: str) -> bytes:
    """Return a mail of about `size` octets."""
    head = (
        f"From: a@example.org\nTo: list@example.org\nSubject: bench\n"
        f"Message-ID: <{message_id}@example.org>\nX-Sequence: 1\n\n"
    ).encode()
    line = b"All work and no play makes a list a dull one, says the bench today.\n"
    return to_wire(head, (line * (size // len(line) + 1))[: size - len(head) - 1])


def work(options: argparse.Namespace, number: int) -> Iterator[Transaction]:
    """Yield this process's share of the transactions."""
    content = content_of(options.size, f"bench-{options.run}")
    for n in range(number, options.transactions, options.processes):
        recipients = tuple(
            f"user{n}x{r}@d{n % 200}.example.org" for r in range(options.recipients)
        )
        yield Transaction(
            reverse_path=f"list+bounce={n}@example.org",
            recipients=recipients,
            content=content,
            xverp=options.xverp,
        )


async def send(options: argparse.Namespace, number: int, barrier: Barrier) -> int:
    """Send one process's share over its connections; return the accepted recipients."""
    relay = Relay.parse(f"smtp://{options.host}:{options.port}?tls=none")
    connections = [
        await SmtpConnection.open(relay, helo="bench.example")
        for _ in range(options.connections)
    ]
    if options.no_pipelining:
        for connection in connections:
            connection.capabilities = dataclasses.replace(
                connection.capabilities, pipelining=False
            )
    accepted = 0

    async def report(result: TransactionResult) -> None:
        nonlocal accepted
        for reply in result.replies:
            accepted += reply.code == 250

    transactions = work(options, number)
    await asyncio.to_thread(barrier.wait, 30)
    await asyncio.gather(
        *(connection.deliver(transactions, report) for connection in connections)
    )
    await asyncio.gather(*(connection.quit() for connection in connections))
    return accepted


def run(
    options: argparse.Namespace, number: int, barrier: Barrier, results: Any
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF)
    accepted = uvloop.run(send(options, number, barrier))
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    results.put((accepted, cpu, time.monotonic()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--transactions", type=int, default=30_000)
    parser.add_argument("--size", type=int, default=10_240)
    parser.add_argument("--recipients", type=int, default=1)
    parser.add_argument("--run", default=str(time.time_ns()), help="in the Message-ID")
    parser.add_argument("--no-pipelining", action="store_true")
    parser.add_argument("--xverp", action="store_true", help="Postfix makes the paths")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(options.processes + 1), context.Queue()
    processes = [
        context.Process(
            target=run, args=(options, number, barrier, results), daemon=True
        )
        for number in range(options.processes)
    ]
    for process in processes:
        process.start()
    barrier.wait(30)
    start = time.monotonic()
    outcomes = [results.get(timeout=600) for _ in processes]
    for process in processes:
        process.join()
    seconds = max(end for _, _, end in outcomes) - start
    accepted = sum(count for count, _, _ in outcomes)
    figures = {
        "processes": options.processes,
        "connections": options.processes * options.connections,
        "transactions": options.transactions,
        "recipients": accepted,
        "seconds": round(seconds, 3),
        "transactions_per_second": round(options.transactions / seconds),
        "recipients_per_second": round(accepted / seconds),
        "cpu_seconds_per_1000": round(
            sum(cpu for _, cpu, _ in outcomes) / accepted * 1000, 4
        ),
    }
    if options.json:
        print(json.dumps(figures))
    else:
        print("  ".join(f"{name} {value}" for name, value in figures.items()))
    if accepted != options.transactions * options.recipients:
        raise SystemExit("some recipients were not accepted")


if __name__ == "__main__":
    main()
