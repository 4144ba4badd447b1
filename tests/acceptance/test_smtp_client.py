"""What the SMTP client delivers, from where, and when: the gate."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from listhub.delivery.smtp import ConnectionLost
from listhub.delivery.transaction import Transaction, TransactionResult
from listhub.delivery.wire import to_wire
from tests.smtp_client import (
    PLAIN,
    SOON,
    Reports,
    both,
    connect,
    deliver,
    mail,
    play,
    run,
)
from tests.smtp_server import ALL, HANG, KILL, Script, ScriptedRelay


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
def test_no_content_without_permission(extensions: tuple[str, ...]) -> None:
    """What may not be sent any more is not, though its commands are already out."""

    async def work() -> None:
        async with ScriptedRelay(Script(extensions)) as relay:
            reports = Reports(relay)
            connection = await connect(relay)
            with pytest.raises(ConnectionLost) as caught:
                await connection.deliver(
                    [mail(1), mail(2), mail(3)],
                    reports.report,
                    permit=lambda transaction: transaction.tag == 1,
                )
            await relay.until(lambda: ("over", "") in relay.log)

            assert caught.value.transaction is not None
            assert caught.value.transaction.tag == 2
            assert not caught.value.after_data
            assert not connection.alive
            assert len(relay.received) == 1

    run(work())


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
