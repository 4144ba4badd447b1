"""The SMTP client against a relay on loopback that does whatever relays do."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

import pytest
import uvloop

from listhub.delivery.relays import Relay
from listhub.delivery.session import RelayUnavailable, Timeouts
from listhub.delivery.smtp import ConnectionLost, SmtpConnection
from listhub.delivery.transaction import Transaction, TransactionResult
from listhub.delivery.wire import to_wire
from tests.smtp_server import ALL, HANG, KILL, NO_PIPELINING, Say, Script, ScriptedRelay

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


# What is delivered


@both
def test_every_mail_arrives_once_and_unchanged(extensions: tuple[str, ...]) -> None:
    """Content, envelope and order are as given."""
    relay, reports = play(
        Script(extensions),
        *(mail(n, "a@example.org", "b@example.org") for n in range(5)),
    )

    assert reports.codes == [[250, 250]] * 5
    assert [one.content for one in relay.received] == [
        b"Subject: %d\r\n\r\n" % n + PLAIN for n in range(5)
    ]
    assert {one.recipients for one in relay.received} == {
        ("a@example.org", "b@example.org")
    }
    assert [one.mail.split()[1] for one in relay.received] == [
        f"FROM:<list+{n}@example.org>" for n in range(5)
    ]
    assert relay.phases("quit") == ["QUIT"]


@both
def test_answers_in_single_octets_and_many_lines(extensions: tuple[str, ...]) -> None:
    """The network may cut a reply anywhere, and a reply may have many lines."""
    script = Script(
        extensions,
        {
            "content": "250-2.0.0 Thank\n250-2.0.0 you\n250 2.0.0 all",
            "rcpt": "250-a\n250 b",
        },
        slowly=True,
    )

    relay, reports = play(script, mail(1), mail(2))

    assert len(relay.received) == 2
    assert reports.results[0].replies[0].text == "Thank you all"


@both
def test_large_mail_to_a_thousand(extensions: tuple[str, ...]) -> None:
    """Neither the content nor the envelope has to fit into a buffer."""
    content = to_wire(b"Subject: large\n\n", b"x" * 70 + b"\n")
    large = content[:-3] + (b"x" * 998 + b"\r\n") * 5000 + b".\r\n"
    people = tuple(f"user{n}@example.org" for n in range(1000))

    relay, reports = play(Script(extensions), mail(1, *people, content=large), mail(2))

    assert reports.codes == [[250] * 1000, [250]]
    assert relay.received[0].content == large[:-3]
    assert relay.received[0].recipients == people


def test_commands_of_the_next_mail_leave_with_the_content() -> None:
    """That is what makes it fast: nobody waits for a round trip."""
    script = Script(answers={"content": HANG})

    relay, reports = play(script, mail(1), mail(2), timeouts=SOON)

    # The relay never answered, so the second MAIL could not have waited for that.
    assert reports.lost is not None
    assert [one.tag for one in reports.lost.unsent] == [2]
    assert relay.phases("content") == ["MAIL FROM:<list+1@example.org> SIZE=39"]


@both
def test_connection_is_used_again(extensions: tuple[str, ...]) -> None:
    """A later deliver goes on where the last one ended."""

    async def work() -> None:
        async with ScriptedRelay(Script(extensions)) as relay:
            reports = Reports(relay)
            connection = await connect(relay)
            for n in range(3):
                assert connection.alive
                await connection.deliver([mail(n)], reports.report)
            await connection.quit()

            assert reports.codes == [[250]] * 3
            assert relay.connections == 1

    run(work())


# The gate


@both
def test_content_waits_until_the_last_result_is_taken(
    extensions: tuple[str, ...],
) -> None:
    """A kill -9 can double one mail per connection, never two."""
    count = 5

    async def work() -> None:
        async with ScriptedRelay(Script(extensions)) as relay:

            async def report(result: TransactionResult) -> None:
                n = int(str(result.transaction.tag))
                if "PIPELINING" in extensions and n + 1 < count:
                    # The relay is ready for the next content: a client without the
                    # gate would send it now, and it would be here before us.
                    await relay.until(lambda: len(relay.phases("data")) == n + 2)
                await relay.round_trip()
                await relay.note("reported", str(n))

            reports = await deliver(relay, map(mail, range(count)), report=report)

            assert reports.lost is None
            seen = [
                phase
                for phase, _ in relay.log
                if phase in {"content begins", "reported"}
            ]
            assert seen == ["content begins", "reported"] * count

    run(work())


@both
@pytest.mark.parametrize("how", ["raises", "is cancelled"])
def test_nothing_follows_a_result_that_was_not_taken(
    extensions: tuple[str, ...], how: str
) -> None:
    """When the commit fails, the connection goes, and the next mail was not sent."""

    async def work() -> None:
        async with ScriptedRelay(Script(extensions)) as relay:

            async def report(result: TransactionResult) -> None:
                if how == "raises":
                    raise RuntimeError("no database")
                task.cancel()
                await asyncio.Event().wait()

            connection = await connect(relay)
            task = asyncio.create_task(connection.deliver([mail(1), mail(2)], report))
            (error,) = await asyncio.gather(task, return_exceptions=True)
            await relay.until(lambda: ("over", "") in relay.log)

            assert isinstance(error, RuntimeError | asyncio.CancelledError)
            assert not connection.alive
            assert len(relay.phases("content begins")) == 1

    run(work())


# Every code at every stage

REFUSALS = [450, 451, 452, 454, 500, 501, 503, 535, 550, 551, 552, 553, 554, 599]


@both
@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "content"])
def test_refusal_is_the_recipients_reply_and_the_next_mail_goes_on(
    extensions: tuple[str, ...], phase: str, code: int
) -> None:
    """Exactly the relay's words, at whatever stage, and no harm to the neighbour."""

    def answer(command: str) -> str | None:
        return f"{code} {code // 100}.9.9 No" if "1@example.org" in command else None

    relay, reports = play(Script(extensions, {phase: answer}), mail(1), mail(2))

    (reply,) = reports.results[0].replies
    assert (reply.code, reply.enhanced, reply.text) == (
        code,
        f"{code // 100}.9.9",
        "No",
    )
    assert reports.codes[1] == [250]
    assert [one.recipients for one in relay.received] == [("user2@example.org",)]
    assert reports.lost is None


@both
@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "content"])
def test_421_is_the_reply_and_the_end(extensions: tuple[str, ...], phase: str) -> None:
    """Who has no other answer has this one; the next mail is surely not sent."""
    script = Script(extensions, {phase: Say("421 4.3.2 Going down", "close")})

    relay, reports = play(script, mail(1), mail(2))

    assert reports.codes == [[421]]
    assert reports.lost is not None
    assert reports.lost.transaction is not None
    assert reports.lost.transaction.tag == 2
    assert not reports.lost.after_data
    assert "Going down" in reports.lost.reason
    assert relay.received == []


@both
def test_421_for_the_last_mail_is_no_error(extensions: tuple[str, ...]) -> None:
    """All have their replies; that the connection is gone, `alive` tells."""
    _, reports = play(Script(extensions, {"content": Say("421 Bye", "close")}), mail(1))

    assert reports.codes == [[421]]
    assert reports.lost is None


@both
def test_some_refused_the_rest_delivered(extensions: tuple[str, ...]) -> None:
    """Each recipient has the reply that is its own."""
    answers = {"b@": "550 5.1.1 No b", "d@": "452 4.5.3 Too many"}

    def answer(command: str) -> str | None:
        return next((said for who, said in answers.items() if who in command), None)

    relay, reports = play(
        Script(extensions, {"rcpt": answer, "content": "250 2.0.0 Queued"}),
        mail(1, "a@example.org", "b@example.org", "c@example.org", "d@example.org"),
    )

    assert [(reply.code, reply.text) for reply in reports.results[0].replies] == [
        (250, "Queued"),
        (550, "No b"),
        (250, "Queued"),
        (452, "Too many"),
    ]
    assert relay.received[0].recipients == ("a@example.org", "c@example.org")


def test_354_without_recipients_is_answered_with_a_dot() -> None:
    """RFC 2920 §3.1; no mail comes of it, and the connection stays in step."""
    script = Script(answers={"rcpt": ["550 No", "250 Ok"], "data": "354 Go on"})

    relay, reports = play(script, mail(1), mail(2))

    assert reports.codes == [[550], [250]]
    assert len(relay.phases("lone dot")) == 1
    assert [one.recipients for one in relay.received] == [("user2@example.org",)]


def test_no_dot_where_it_could_send_an_empty_mail() -> None:
    """A relay that refuses MAIL and takes the rest is left without a word."""
    script = Script(answers={"mail": "451 No", "rcpt": "250 Ok", "data": "354 Go on"})

    relay, reports = play(script, mail(1), mail(2))

    assert reports.codes == [[451]]
    assert relay.phases("lone dot", "content") == []
    assert reports.lost is not None
    assert reports.lost.transaction is not None
    assert reports.lost.transaction.tag == 2
    assert not reports.lost.after_data


@both
@pytest.mark.parametrize(
    ("phase", "answer", "after_data"),
    [
        ("mail", "354 Yes?", False),
        ("rcpt", "334 Yes?", False),
        ("data", "250 Ok", False),
        ("content", "354 Go on", True),
        ("mail", "hello", False),
        ("content", "What?", True),
        ("data", "250 Ok\n250 Ok\n354 Go on", False),
    ],
)
def test_nonsense_is_never_taken_for_delivery(
    extensions: tuple[str, ...], phase: str, answer: str, *, after_data: bool
) -> None:
    """Answers that are out of step end the connection."""
    _, reports = play(Script(extensions, {phase: answer}), mail(1))

    assert reports.results == []
    assert reports.lost is not None
    assert reports.lost.after_data is after_data


CODES = ["250"] * 6 + ["450", "550", "552"]


def coded(n: int, dice: random.Random) -> Transaction:
    """Return a mail whose addresses tell the relay what to answer."""
    data = dice.choice(["354"] * 6 + ["451", "554"])
    return mail(
        n,
        *(f"{dice.choice(CODES)}.{k}@example.org" for k in range(dice.randint(1, 4))),
        reverse_path=f"{dice.choice(CODES)}.{data}.{dice.choice(CODES)}.{n}@example.org",
    )


def obey(part: int) -> Callable[[str], str | None]:
    def answer(command: str) -> str | None:
        code = command.partition("<")[2].split(".")[part] if command else ""
        # In step with the protocol where the relay has to refuse anyway.
        return None if code in {"", "250", "354"} else f"{code} 5.9.9 as told"

    return answer


@pytest.mark.parametrize("seed", range(10))
def test_pipelining_changes_no_result(seed: int) -> None:
    """The same mails get the same answers, and the same ones arrive."""

    def once(extensions: tuple[str, ...]) -> tuple[Any, Any, Any]:
        dice = random.Random(seed)
        answers = {
            "mail": obey(0),
            "rcpt": obey(0),
            "data": obey(1),
            "content": obey(2),
        }
        relay, reports = play(
            Script(extensions, answers), *(coded(n, dice) for n in range(40))
        )
        return reports.results, relay.received, reports.lost

    piped, stepped = once(ALL), once(NO_PIPELINING)

    assert piped == stepped
    assert len(piped[0]) == 40


# Loss


@both
@pytest.mark.parametrize(
    "end", [KILL, Say(then="close"), HANG], ids=["reset", "eof", "silence"]
)
@pytest.mark.parametrize(
    ("phase", "after_data"),
    [
        ("mail", False),
        ("rcpt", False),
        ("data", False),
        ("content begins", True),
        ("content", True),
    ],
)
def test_loss_tells_whether_the_mail_may_have_gone(
    extensions: tuple[str, ...], phase: str, end: Say, *, after_data: bool
) -> None:
    """Unknown only from the first octet of the content to its reply."""
    _, reports = play(Script(extensions, {phase: end}), mail(1), mail(2), timeouts=SOON)

    assert reports.results == []
    lost = reports.lost
    assert lost is not None
    assert lost.transaction is not None
    assert (lost.transaction.tag, lost.after_data) == (1, after_data)
    assert lost.reason
    # The second was at most offered, and is given back.
    assert [one.tag for one in lost.unsent] == ([2] if after_data else [])


@both
def test_loss_after_the_reply_leaves_the_result_standing(
    extensions: tuple[str, ...],
) -> None:
    """250 and then nothing: that mail is delivered, the next one is not."""
    script = Script(extensions, {"content": Say("250 2.0.0 Queued", "reset")})

    _, reports = play(script, mail(1), mail(2))

    assert reports.codes == [[250]]
    assert reports.lost is not None
    assert reports.lost.transaction is not None
    assert (reports.lost.transaction.tag, reports.lost.after_data) == (2, False)


@both
@pytest.mark.parametrize("phase", ["rset", "lone dot"])
def test_loss_while_tidying_up_leaves_the_result_standing(
    extensions: tuple[str, ...], phase: str
) -> None:
    """A refused mail is refused, whatever becomes of the connection."""
    answers: dict[str, str | Say] = {"rcpt": "550 5.1.1 No", phase: KILL}
    if phase == "lone dot" and "PIPELINING" in extensions:
        answers["data"] = "354 Go on"
    else:
        answers["rset"] = KILL

    _, reports = play(Script(extensions, answers), mail(1), mail(2))

    assert reports.codes == [[550]]
    assert reports.lost is not None
    assert not reports.lost.after_data


def test_connection_that_ends_at_the_gate_sends_nothing_more() -> None:
    """The relay lost patience while the result was being committed."""

    async def work() -> None:
        async with ScriptedRelay() as relay:

            async def report(result: TransactionResult) -> None:
                await relay.until(lambda: len(relay.phases("data")) == 2)
                await relay.tell("421 4.4.2 Time-out")
                await relay.round_trip()

            reports = await deliver(relay, [mail(1), mail(2)], report=report)

            assert reports.lost is not None
            assert reports.lost.transaction is not None
            assert (reports.lost.transaction.tag, reports.lost.after_data) == (2, False)
            assert "Time-out" in reports.lost.reason

    run(work())


@pytest.mark.parametrize("word", ["421 4.4.2 Idle for too long", "250 Ok?", ""])
def test_idle_connection_knows_that_it_is_dead(word: str) -> None:
    """EOF, or a word out of turn, while nothing is under way."""

    async def work() -> None:
        async with ScriptedRelay() as relay:
            reports = Reports(relay)
            connection = await connect(relay)
            await connection.deliver([mail(1)], reports.report)
            assert [connection.alive] == [True]

            await relay.tell(word)
            await relay.round_trip()

            assert [connection.alive] == [False]
            with pytest.raises(ConnectionLost) as caught:
                await connection.deliver([mail(2)], reports.report)
            assert caught.value.transaction is None
            await connection.quit()

    run(work())


# What the relay cannot do


@both
def test_own_answers_stand_among_those_of_the_relay(
    extensions: tuple[str, ...],
) -> None:
    """What a relay cannot take is answered here, in order, and the rest goes on."""
    poor = tuple(
        "SIZE 100" if name == "SIZE 0" else name
        for name in extensions
        if name not in {"8BITMIME", "SMTPUTF8"}
    )
    transactions = [
        mail(1),
        mail(2, "\u00e4@example.org"),
        mail(3, "a@example.org", "\u00e4@example.org", "b@example.org"),
        mail(4, size=101),
        mail(5, eight_bit=True),
        mail(6, xverp=True),
        mail(7),
    ]

    relay, reports = play(Script(poor), *transactions)

    assert [[r.code for r in x.replies] for x in reports.results] == [
        [250], [553], [250, 553, 250], [552], [451], [451], [250],
    ]  # fmt: skip
    assert [x.transaction.tag for x in reports.results] == [1, 2, 3, 4, 5, 6, 7]
    assert [one.recipients for one in relay.received] == [
        ("user1@example.org",), ("a@example.org", "b@example.org"), ("user7@example.org",),
    ]  # fmt: skip


def test_what_is_announced_is_used() -> None:
    """SMTPUTF8, 8BITMIME, SIZE and XVERP go on MAIL where they are due."""
    relay, reports = play(
        Script((*ALL, "XVERP")),
        mail(1, "\u00e4@exämple.org", smtputf8=True, eight_bit=True),
        mail(2, "a@example.org", "b@example.org", xverp=True),
    )

    assert reports.codes == [[250], [250, 250]]
    assert [one.mail.partition(" ")[2].partition(" ")[2] for one in relay.received] == [
        "SIZE=39 BODY=8BITMIME SMTPUTF8",
        "SIZE=39 XVERP=+=",
    ]
    assert relay.received[0].recipients == ("\u00e4@exämple.org",)


def test_null_reverse_path() -> None:
    """Notices and reports go out with <>."""
    relay, _ = play(Script(), mail(1, reverse_path=""))

    assert relay.received[0].mail.startswith("MAIL FROM:<>")


def test_helo_for_a_server_that_knows_no_ehlo() -> None:
    """RFC 5321 §3.2."""
    relay, reports = play(Script(answers={"ehlo": "502 5.5.1 What?"}), mail(1), mail(2))

    assert relay.phases("helo") == ["HELO client.example"]
    assert reports.codes == [[250], [250]]


# Where transactions come from


@both
def test_transactions_may_come_asynchronously(extensions: tuple[str, ...]) -> None:
    """One is always fetched ahead, so that it can leave with the content before."""

    async def source() -> AsyncIterator[Transaction]:
        for n in range(20):
            await asyncio.sleep(0)
            yield mail(n)

    async def work() -> None:
        async with ScriptedRelay(Script(extensions)) as relay:
            reports = await deliver(relay, source())

            assert reports.codes == [[250]] * 20
            assert len(relay.received) == 20

    run(work())


def test_content_does_not_wait_for_the_next_transaction() -> None:
    """A source that has nothing yet holds nothing back."""

    async def work() -> None:
        async with ScriptedRelay() as relay:

            async def source() -> AsyncIterator[Transaction]:
                yield mail(1)
                await relay.until(lambda: len(relay.received) == 1)
                yield mail(2)

            reports = await deliver(relay, source())

            assert reports.codes == [[250]] * 2

    run(work())


def test_what_was_fetched_ahead_is_given_back() -> None:
    """A loss leaves nobody without an owner."""

    async def source() -> AsyncIterator[Transaction]:
        for n in range(1, 10):
            yield mail(n)

    async def work() -> None:
        async with ScriptedRelay(Script(answers={"content": KILL})) as relay:
            reports = await deliver(relay, source())

            assert reports.lost is not None
            assert [one.tag for one in reports.lost.unsent] == [2, 3]

    run(work())


# Opening


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"connect": "421 4.3.2 Too busy"}, "Too busy"),
        ({"connect": "554 5.7.1 Go away"}, "Go away"),
        ({"connect": "250 Hello"}, "Hello"),
        ({"connect": "SSH-2.0-x"}, "does not speak SMTP"),
        ({"connect": KILL}, "connection"),
        ({"connect": HANG}, "in time"),
        ({"ehlo": "421 4.3.2 Busy"}, "Busy"),
        ({"ehlo": "450 4.3.2 Later"}, "Later"),
        ({"ehlo": KILL}, "connection"),
        ({"ehlo": HANG}, "in time"),
        ({"ehlo": "550 No", "helo": "550 No HELO"}, "No HELO"),
        ({"ehlo": "550 No", "helo": KILL}, "connection"),
    ],
)
def test_relay_that_does_not_let_us_in_is_unavailable(
    answers: dict[str, Any], why: str
) -> None:
    """Always temporary: it tells nothing about any recipient."""

    async def work() -> None:
        async with ScriptedRelay(Script(answers=answers)) as relay:
            with pytest.raises(RelayUnavailable) as caught:
                await connect(relay, timeouts=SOON)

            assert why in caught.value.reason
            assert caught.value.temporary

    run(work())


def test_nobody_listens() -> None:
    """A relay that is down."""

    async def work() -> None:
        async with ScriptedRelay() as relay:
            port = relay.port
        with pytest.raises(RelayUnavailable, match=str(port)):
            await SmtpConnection.open(Relay.parse(f"smtp://127.0.0.1:{port}"))

    run(work())
