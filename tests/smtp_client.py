"""The SMTP client at work against the scripted relay, in one call."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

import pytest
import uvloop

from listhub.delivery.relays import Relay
from listhub.delivery.session import Timeouts
from listhub.delivery.smtp import ConnectionLost, SmtpConnection
from listhub.delivery.transaction import Transaction, TransactionResult
from listhub.delivery.wire import to_wire
from tests.smtp_server import ALL, NO_PIPELINING, Script, ScriptedRelay

T = TypeVar("T")

SOON = Timeouts(connect=5, reply=0.2, data=0.2)
BODY = b"Hello\n.\n..dots\nbye"
PLAIN = BODY.replace(b"\n", b"\r\n") + b"\r\n"

#: Every test that is about what is delivered runs in both ways.
both = pytest.mark.parametrize(
    "extensions", [ALL, NO_PIPELINING], ids=["pipelining", "step by step"]
)


def run(work: Coroutine[Any, Any, T]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(60):
            return await work

    return uvloop.run(bounded())


def mail(n: int, *recipients: str, **how: Any) -> Transaction:
    return Transaction(
        reverse_path=how.pop("reverse_path", f"list+{n}@example.org"),
        recipients=recipients or (f"user{n}@example.org",),
        content=how.pop("content", to_wire(b"Subject: %d\n\n" % n, BODY)),
        tag=n,
        **how,
    )


async def connect(
    relay: ScriptedRelay, *, timeouts: Timeouts | None = None, url: str = "", **how: Any
) -> SmtpConnection:
    target = Relay.parse(url or f"smtp://127.0.0.1:{relay.port}")
    return await SmtpConnection.open(
        target, helo="client.example", timeouts=timeouts, **how
    )


class Reports:
    """Collects results, and the loss if there was one."""

    def __init__(self, relay: ScriptedRelay) -> None:
        self.relay = relay
        self.results: list[TransactionResult] = []
        self.lost: ConnectionLost | None = None

    async def report(self, result: TransactionResult) -> None:
        self.results.append(result)
        await self.relay.note("reported", str(result.transaction.tag))

    @property
    def codes(self) -> list[list[int]]:
        return [[reply.code for reply in result.replies] for result in self.results]


async def deliver(
    relay: ScriptedRelay,
    transactions: Iterable[Transaction] | AsyncIterator[Transaction],
    *,
    timeouts: Timeouts | None = None,
    report: Callable[[TransactionResult], Awaitable[None]] | None = None,
) -> Reports:
    """Send over one new connection and say what came of it."""
    reports = Reports(relay)
    connection = await connect(relay, timeouts=timeouts)
    try:
        await connection.deliver(transactions, report or reports.report)
    except ConnectionLost as lost:
        reports.lost = lost
        assert not connection.alive
    await connection.quit()
    return reports


def play(
    script: Script, *transactions: Transaction, timeouts: Timeouts | None = None
) -> tuple[ScriptedRelay, Reports]:
    """Send the transactions to a relay with that script."""

    async def work() -> tuple[ScriptedRelay, Reports]:
        async with ScriptedRelay(script) as relay:
            return relay, await deliver(relay, transactions, timeouts=timeouts)

    return run(work())
