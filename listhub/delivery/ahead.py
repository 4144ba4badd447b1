"""One way to take transactions from either kind of iterable, one ahead if it waits.

A content should leave together with the commands of the next transaction; so the
next one must be at hand without waiting for it.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Protocol

from listhub.delivery.transaction import Transaction


class Source(Protocol):
    """Where a connection takes its transactions from."""

    def ready(self) -> Transaction | None:
        """Return the next one if it is there at once."""

    async def next(self) -> Transaction | None:
        """Return the next one, None at the end."""

    def taken(self) -> tuple[Transaction, ...]:
        """Return what left the caller's hands and was never handed out."""

    def close(self) -> None:
        """Take nothing more."""


def look_ahead(
    transactions: Iterable[Transaction] | AsyncIterable[Transaction],
) -> Source:
    """Return a source over the transactions."""
    if isinstance(transactions, AsyncIterable):
        return _Awaited(aiter(transactions))
    return _AtHand(iter(transactions))


class _AtHand:
    """Over an iterator that never waits."""

    __slots__ = ("_iterator",)

    def __init__(self, iterator: Iterator[Transaction]) -> None:
        self._iterator = iterator

    def ready(self) -> Transaction | None:
        return next(self._iterator, None)

    async def next(self) -> Transaction | None:
        return next(self._iterator, None)

    def taken(self) -> tuple[Transaction, ...]:
        return ()

    def close(self) -> None:
        pass


class _Awaited:
    """Over an asynchronous iterator: one is fetched while another is under way."""

    __slots__ = ("_iterator", "_pending")

    def __init__(self, iterator: AsyncIterator[Transaction]) -> None:
        self._iterator = iterator
        self._pending = self._fetch()

    def ready(self) -> Transaction | None:
        return self._hand_out() if self._pending.done() else None

    async def next(self) -> Transaction | None:
        await asyncio.wait((self._pending,))
        return self._hand_out()

    def taken(self) -> tuple[Transaction, ...]:
        pending = self._pending
        if not pending.done() or pending.cancelled() or pending.exception():
            return ()
        transaction = pending.result()
        return () if transaction is None else (transaction,)

    def close(self) -> None:
        self._pending.cancel()

    def _hand_out(self) -> Transaction | None:
        transaction = self._pending.result()
        if transaction is not None:
            self._pending = self._fetch()
        return transaction

    def _fetch(self) -> asyncio.Task[Transaction | None]:
        return asyncio.ensure_future(self._one())

    async def _one(self) -> Transaction | None:
        return await anext(self._iterator, None)
