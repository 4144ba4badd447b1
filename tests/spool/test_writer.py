"""Group commit with real threads and connections: poison, neighbours, the end."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from listhub.config import Database
from listhub.intake.accept import Incoming
from listhub.intake.syntax import Reply
from listhub.intake.writer import Deposit, Question, Writer
from listhub.lists import directory
from listhub.lists.directory import Destination, Known
from tests.intake_process import make_site, new_mail

POISON = "\0"  # jsonb has no NUL


@pytest.fixture
def post(database_url: str) -> Destination:
    make_site(database_url)
    with psycopg.connect(database_url) as conn:
        found = directory.find(conn, ["post@example.org"])["post@example.org"]
    assert isinstance(found, Destination)
    return found


def incoming(post: Destination, *, helo: str = "") -> Incoming:
    return Incoming(
        content=new_mail(),
        reverse_path="a@x.org",
        recipients=(("post@example.org", post),),
        via="lmtp",
        host="mx",
        helo=helo,
    )


class Bench:
    """A writer in a loop, the replies that it gave, the rooms that it woke."""

    def __init__(self, url: str, *, connections: int) -> None:
        self.nudged: list[set[str]] = []
        self.writer = Writer(
            database=Database(url=url),
            connections=connections,
            window=timedelta(days=1),
            nudge=self.nudged.append,
            loop=asyncio.get_running_loop(),
        )

    async def store(self, mails: Sequence[Incoming]) -> list[Reply]:
        """Hand all mails in before any is taken, so that they are one batch."""
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in mails]
        for mail, future in zip(mails, futures, strict=True):
            self.writer.submit(Deposit(mail, future.set_result))
        self.writer.start()
        return [
            reply for replies in await asyncio.gather(*futures) for reply in replies
        ]

    async def ask(self, recipient: str) -> Known | None:
        future = asyncio.get_running_loop().create_future()
        self.writer.submit(Question([directory.read(recipient)], future.set_result))
        answer: Known | None = await future
        return answer


def play(
    url: str,
    scene: Callable[[Bench], Coroutine[Any, Any, None]],
    *,
    connections: int = 1,
) -> None:
    async def run() -> None:
        bench = Bench(url, connections=connections)
        await scene(bench)
        await bench.writer.stop()
        assert bench.writer.waiting == 0

    asyncio.run(run())


def stored(url: str) -> int:
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT count(*) FROM spool_item").fetchone()
    assert row is not None
    return int(row[0])


def test_a_batch_is_one_commit_and_one_wake(
    database_url: str, post: Destination
) -> None:
    """What waited together is stored in one transaction, and wakes once."""

    async def scene(bench: Bench) -> None:
        replies = await bench.store([incoming(post) for _ in range(50)])
        assert {reply.code for reply in replies} == {250}
        # The one thread answers first and wakes then; its next answer comes after.
        await bench.ask("post@example.org")
        assert bench.nudged == [{"distribute"}]

    play(database_url, scene)
    with psycopg.connect(database_url) as conn:
        rows = conn.execute("SELECT DISTINCT xmin::text FROM spool_item").fetchall()
    assert len(rows) == 1
    assert stored(database_url) == 50


def test_neighbours_of_poison_do_not_suffer(
    database_url: str, post: Destination
) -> None:
    """The mail that cannot be stored gets 451, all others of its batch 250."""

    async def scene(bench: Bench) -> None:
        mails = [incoming(post) for _ in range(9)]
        mails.insert(4, incoming(post, helo=POISON))
        replies = await bench.store(mails)
        assert [reply.code for reply in replies] == [250] * 4 + [451] + [250] * 5
        assert replies[4].enhanced == "4.3.0"
        again = await bench.ask("post@example.org")
        assert again is not None

    play(database_url, scene)
    assert stored(database_url) == 9


def test_without_a_database_everything_is_put_off(post: Destination) -> None:
    """451 for every mail of the batch at once, and nobody can tell of a list."""

    async def scene(bench: Bench) -> None:
        replies = await bench.store([incoming(post) for _ in range(3)])
        assert {(reply.code, reply.enhanced) for reply in replies} == {(451, "4.3.0")}
        assert await bench.ask("post@example.org") is None
        assert bench.nudged == []

    play("postgresql://nobody@127.0.0.1:1/nothing", scene)


def test_a_lock_is_waited_for_once(database_url: str, post: Destination) -> None:
    """What hits every mail of a batch is not tried with each of them again."""
    patience = f"{database_url}?options=-c%20lock_timeout%3D500ms"
    asked: list[float] = []

    async def scene(bench: Bench) -> None:
        began = time.monotonic()
        with psycopg.connect(database_url) as blocker:
            blocker.execute("LOCK TABLE intake_retry IN ACCESS EXCLUSIVE MODE")
            replies = await bench.store([incoming(post) for _ in range(60)])
        asked.append(time.monotonic() - began)
        assert {reply.code for reply in replies} == {451}

    play(patience, scene)
    assert asked[0] < 15  # one after the other: 30


def test_a_connection_that_was_cut_is_opened_again(
    database_url: str, post: Destination
) -> None:
    """A fail-over between two mails costs the second one nothing."""

    async def scene(bench: Bench) -> None:
        first = await bench.store([incoming(post)])
        with psycopg.connect(database_url, autocommit=True) as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        future = asyncio.get_running_loop().create_future()
        bench.writer.submit(Deposit(incoming(post), future.set_result))
        assert [reply.code for reply in (*first, *await future)] == [250, 250]

    play(database_url, scene)
    assert stored(database_url) == 2


def test_stop_finishes_what_was_submitted(database_url: str, post: Destination) -> None:
    """Every mail that was handed in is answered before the threads end."""

    async def scene(bench: Bench) -> None:
        replies: list[Reply] = []
        for _ in range(300):
            bench.writer.submit(Deposit(incoming(post), replies.extend))
        bench.writer.start()
        await bench.writer.stop()
        await asyncio.sleep(0)
        assert [reply.code for reply in replies] == [250] * 300

    async def run() -> None:
        await scene(Bench(database_url, connections=3))

    asyncio.run(run())
    assert stored(database_url) == 300
