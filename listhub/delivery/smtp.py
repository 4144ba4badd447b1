"""The SMTP client: many transactions over one connection, pipelined, behind a gate.

In one write go the content of transaction k and MAIL, RCPT, DATA of k+1 (RFC 2920
§3.1); in one read come the answer to k and those to the commands.  The gate: the
content of k+1 is written only when the caller has taken the result of k, that is,
committed it.  So a killed process leaves at most one transaction per connection
whose fate is unknown.
"""

import ssl
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from typing import Self

from listhub.delivery.ahead import Source, look_ahead
from listhub.delivery.channel import ChannelLost, ReplyChannel, parse_reply
from listhub.delivery.commands import (
    Capabilities,
    Nonsense,
    Prepared,
    check,
    judge,
    prepare,
)
from listhub.delivery.relays import Relay
from listhub.delivery.session import Timeouts, open_session
from listhub.delivery.transaction import Reply, Transaction, TransactionResult
from listhub.delivery.wire import TERMINATOR
from listhub.errors import TemporaryError

Report = Callable[[TransactionResult], Awaitable[None]]
Permit = Callable[[Transaction], bool]


class ConnectionLost(TemporaryError):
    """The connection ended before all transactions had their replies."""

    enhanced = "4.4.2"

    def __init__(
        self,
        transaction: Transaction | None,
        *,
        after_data: bool,
        reason: str,
        unsent: tuple[Transaction, ...] = (),
    ) -> None:
        super().__init__("The connection to the relay was lost.", reason=reason)
        #: The oldest one without a reply; None when no transaction was under way.
        self.transaction = transaction
        #: True: its content was written, and it may or may not have been accepted.
        #: False: it surely was not.
        self.after_data = after_data
        #: Taken from the caller after that one, and surely not accepted.
        self.unsent = unsent


def _always(_transaction: Transaction) -> bool:
    return True


class SmtpConnection:
    """One connection to a relay, used by one task at a time, for any number of mails."""

    __slots__ = ("_channel", "_permit", "_timeouts", "capabilities", "relay")

    def __init__(
        self,
        channel: ReplyChannel,
        *,
        relay: Relay,
        capabilities: Capabilities,
        timeouts: Timeouts,
    ) -> None:
        self._channel = channel
        self._permit: Permit = _always
        self._timeouts = timeouts
        self.relay = relay
        self.capabilities = capabilities

    @classmethod
    async def open(
        cls,
        relay: Relay,
        *,
        helo: str = "",
        timeouts: Timeouts | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> Self:
        """Connect, with TLS and AUTH as the relay's URL says; raise RelayUnavailable.

        `ssl_context` verifies the relay (None: the system's roots); make one and share
        it, for reading the roots takes longer than a mail.
        """
        timeouts = timeouts or Timeouts()
        channel, capabilities = await open_session(
            relay, helo=helo, timeouts=timeouts, context=ssl_context
        )
        return cls(channel, relay=relay, capabilities=capabilities, timeouts=timeouts)

    @property
    def alive(self) -> bool:
        """Whether the connection can take another transaction, as far as is known."""
        return not self._channel.lost

    async def deliver(
        self,
        transactions: Iterable[Transaction] | AsyncIterable[Transaction],
        report: Report,
        *,
        permit: Permit = _always,
    ) -> None:
        """Send the transactions in order and await `report` for each before the next.

        `permit` is asked at the last moment whether a content may still be sent: this
        process may have been stopped since the transaction was made.  A no ends the
        connection with ConnectionLost, before the content.

        Raise ConnectionLost when the relay goes away before the last is answered, and
        whatever `report` or `transactions` raise; then the connection is dropped, so
        that no content can follow.
        """
        if not self.alive:
            raise ConnectionLost(None, after_data=False, reason=self._channel.lost)
        source = look_ahead(transactions)
        self._permit = permit
        try:
            current = self._begin(await source.next(), source)
            while current is not None:
                current = await self._finish(current, source, report)
        except BaseException:
            self._channel.lose("the delivery was broken off")
            raise
        finally:
            source.close()

    async def quit(self) -> None:
        """Say goodbye where that is still possible, and close."""
        try:
            self._channel.send((b"QUIT\r\n",), 1)
            await self._channel.replies(1, min(5.0, self._timeouts.reply))
        except ChannelLost:
            self._channel.lose("already gone")
        await self._channel.close()

    def abort(self) -> None:
        """Drop the connection without a word; a content half sent is void then."""
        self._channel.lose("dropped by us")

    def _begin(
        self, transaction: Transaction | None, source: Source
    ) -> Prepared | None:
        """Offer the transaction to the relay; the answers are not awaited here."""
        if transaction is None:
            return None
        prepared = prepare(transaction, self.capabilities)
        if prepared.owed and self.capabilities.pipelining:
            try:
                self._channel.send((prepared.commands,), prepared.owed)
            except ChannelLost as lost:
                raise _lost(transaction, lost, source) from None
        return prepared

    async def _finish(
        self, current: Prepared, source: Source, report: Report
    ) -> Prepared | None:
        """Bring one transaction to its result; return the next one, already begun."""
        transaction = current.transaction
        following: Prepared | None = None
        verdicts = current.own
        if current.owed:
            try:
                answers = await self._offer(current)
                verdicts = judge(current, answers)
            except (ChannelLost, Nonsense) as lost:
                raise _lost(transaction, lost, source) from None
            if None in verdicts:
                following, final = await self._send_content(transaction, source)
                verdicts = tuple(final if one is None else one for one in verdicts)
            else:
                await self._withdraw(answers)
        replies = tuple(one for one in verdicts if one is not None)
        # Until this returns, no content of the next one is written: the gate.
        await report(TransactionResult(transaction, replies))
        if following is not None:
            return following
        return self._begin(await source.next(), source)

    async def _offer(self, current: Prepared) -> list[bytes]:
        """Return the answers to MAIL, RCPT and DATA."""
        channel, timeout = self._channel, self._timeouts.reply
        if self.capabilities.pipelining:
            return await channel.replies(current.owed, timeout)
        commands = current.commands.splitlines(keepends=True)
        answers: list[bytes] = []
        for position, command in enumerate(commands):
            if position == len(commands) - 1 and not _any_accepted(answers[1:]):
                break
            channel.send((command,), 1)
            answers += await channel.replies(1, timeout)
            if answers[-1].startswith(b"421") or not answers[0].startswith(b"2"):
                break
        return answers

    async def _send_content(
        self, transaction: Transaction, source: Source
    ) -> tuple[Prepared | None, Reply]:
        """Write the content, with the next commands behind it, and await its reply."""
        if not self._permit(transaction):
            self._channel.lose("the content may not be sent any more")
            raise _lost(transaction, ChannelLost(self._channel.lost), source)
        after = source.ready()
        following = None if after is None else prepare(after, self.capabilities)
        chunks = (transaction.content, *transaction.rest)
        owed, written = 1, False
        if following is not None and self.capabilities.pipelining:
            chunks = (*chunks, following.commands)
            owed += following.owed
        try:
            self._channel.send(chunks, owed)
            written = True
            raw = (await self._channel.replies(1, self._timeouts.data))[0]
            check(raw, "the content", "2")
        except (ChannelLost, Nonsense) as lost:
            raise _lost(
                transaction, lost, source, after=after, after_data=written
            ) from None
        return following, parse_reply(raw)

    async def _withdraw(self, answers: list[bytes]) -> None:
        """Leave the relay ready for the next MAIL after all recipients were refused.

        A loss is noted by the channel; the replies that we have stand.
        """
        channel = self._channel
        try:
            if not answers[-1].startswith(b"3"):
                channel.send((b"RSET\r\n",), 1)
            elif _any_accepted(answers[1:]):
                # MAIL was refused, a recipient was not: a dot might send it an empty
                # mail.  Only the end of the connection is safe.
                channel.lose("the relay goes on after refusing MAIL")
            else:
                # RFC 2920 §3.1: a lone dot answers the 354.
                channel.send((TERMINATOR,), 1)
            await channel.replies(1, self._timeouts.reply)
        except ChannelLost as lost:
            channel.lose(str(lost))


def _any_accepted(answers: list[bytes]) -> bool:
    return any(answer.startswith(b"2") for answer in answers)


def _lost(
    transaction: Transaction,
    why: Exception,
    source: Source,
    *,
    after: Transaction | None = None,
    after_data: bool = False,
) -> ConnectionLost:
    unsent = () if after is None else (after,)
    return ConnectionLost(
        transaction,
        after_data=after_data,
        reason=str(why),
        unsent=(*unsent, *source.taken()),
    )
