"""Relays that go away, at every stage, and relays that never let us in."""

import asyncio
import socket
import threading
import time
from typing import Any

import pytest

from listhub.delivery.channel import ReplyChannel
from listhub.delivery.relays import Relay
from listhub.delivery.session import RelayUnavailable
from listhub.delivery.smtp import ConnectionLost, SmtpConnection
from listhub.delivery.transaction import TransactionResult
from tests.smtp_client import SOON, Reports, both, connect, deliver, mail, play, run
from tests.smtp_server import HANG, KILL, Say, Script, ScriptedRelay


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
    _, reports = play(
        Script(extensions, {phase: end}),
        mail(1),
        mail(2),
        timeouts=SOON if end is HANG else None,
    )

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
                await connect(
                    relay, timeouts=SOON if HANG in answers.values() else None
                )

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


def test_answer_that_came_while_this_process_stood_still_counts() -> None:
    """A worker that is stopped for a while and goes on finds its connections alive."""

    def answer(listener: socket.socket, stopped: threading.Event) -> None:
        wire, _ = listener.accept()
        with wire:
            wire.sendall(b"220 relay.example\r\n")
            wire.recv(100)
            stopped.wait()
            wire.sendall(b"250 Ok\r\n")
            wire.recv(100)

    async def work() -> None:
        stopped = threading.Event()

        def stand_still() -> None:
            stopped.set()
            time.sleep(0.4)  # sleep: the process is to stand still for that long

        with socket.create_server(("127.0.0.1", 0)) as listener:
            there = threading.Thread(target=answer, args=(listener, stopped))
            there.start()
            loop = asyncio.get_running_loop()
            _, channel = await loop.create_connection(
                lambda: ReplyChannel(period=0.05), *listener.getsockname()
            )
            await channel.replies(1, 5)
            channel.send((b"NOOP\r\n",), 1)
            loop.call_soon(stand_still)

            assert await channel.replies(1, 0.1) == [b"250 Ok\r"]
            assert channel.lost == ""
            await channel.close()
            there.join()

    run(work())
