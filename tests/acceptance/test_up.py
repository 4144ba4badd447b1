import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from listhub.embedded import process
from listhub.embedded.endpoints import FILE
from listhub.embedded.server import listens
from tests.systems import ARRIVING, LISTHUB, UpProcess, leftovers, make_list

LIST = "team@up.example"
MEMBERS = ["ada@a.example", "ben@b.example", "grüße@bücher.example"]

Start = Callable[..., UpProcess]


@pytest.fixture
def directory(server_directory: Path) -> Path:
    return server_directory / "up"


@pytest.fixture
def start(directory: Path) -> Iterator[Start]:
    """Return what starts `listhub up` in the directory; all of it ends with the test."""
    started: list[UpProcess] = []

    def begin(*options: str) -> UpProcess:
        started.append(UpProcess(directory, *options))
        return started[-1]

    yield begin
    for one in reversed(started):
        one.end()


def arrived(system: UpProcess, message_id: str) -> list[str]:
    """Wait for a copy to each member; return who got one, sorted."""

    def recipients() -> list[str]:
        return sorted(
            to for copy in system.copies(message_id) for to in copy.recipients
        )

    process.wait_until(lambda: len(recipients()) >= len(MEMBERS), timeout=ARRIVING)
    return recipients()


def test_goes_on_where_it_was_killed(start: Start, directory: Path) -> None:
    """kill -9 takes all of it along; the next start delivers what waited, once."""
    first = start("--pools", "task")
    before = first.wait_ready()
    make_list(first, LIST, MEMBERS)
    first.post(LIST, author=MEMBERS[0], message_id="waits@up.example")
    first.popen.kill()
    first.popen.wait()

    assert process.wait_until(lambda: not leftovers(directory), timeout=20.0)
    assert first.copies("waits@up.example") == []

    second = start()
    after = second.wait_ready()

    assert arrived(second, "waits@up.example") == sorted(MEMBERS)
    assert after.pid != before.pid
    assert (after.database, after.lmtp, after.web, after.relay) == (
        before.database,
        before.lmtp,
        before.web,
        before.relay,
    )


def test_serves_restarts_and_stops(start: Start, directory: Path) -> None:
    """All of it serves; what dies is started again; Ctrl-C stops it all in 15 s."""
    system = start()
    endpoints = system.wait_ready()
    make_list(system, LIST, MEMBERS)
    system.post(LIST, author=MEMBERS[1], message_id="one@up.example")

    assert arrived(system, "one@up.example") == sorted(MEMBERS)
    assert listens(int(endpoints.web.rpartition(":")[2]))
    assert listens(int(endpoints.lmtp.rpartition(":")[2]), send=b"NOOP\r\n")
    assert refusal("up", "--dir", str(directory)).count("\n") == 1

    for name in ("worker", "valkey", "postgres"):
        kill_one(system, name)
    system.post(LIST, author=MEMBERS[1], message_id="two@up.example")

    assert arrived(system, "two@up.example") == sorted(MEMBERS)

    told = time.monotonic()

    assert system.interrupt() == 0
    assert time.monotonic() - told < 15.0
    assert leftovers(directory) == []
    assert not (directory / FILE).exists()


def kill_one(system: UpProcess, name: str) -> None:
    """Kill a process with SIGKILL and wait until another one serves."""
    times, pid = system.restarts(name)
    assert pid
    os.kill(pid, signal.SIGKILL)

    def again() -> bool:
        now, other = system.restarts(name)
        return now > times and other not in {None, pid}

    assert process.wait_until(again, timeout=60.0)


def test_second_start_says_who_runs(start: Start, directory: Path) -> None:
    """While it runs, a second start is refused in one sentence with the process id."""
    system = start("--pools", "task")
    system.wait_ready()

    said = refusal("up", "--dir", str(directory))

    assert said == (
        f"listhub: ListHub runs in {directory} already (process {system.popen.pid});"
        " stop that one, or choose another directory with --dir.\n"
    )
    assert system.popen.poll() is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--relay", "mx"], "--relay mx: write it as HOST:PORT, such as mx:25."),
        (["--relay", "mx:0"], "--relay mx:0: write it as HOST:PORT, such as mx:25."),
        (
            ["--pools", "bulk,sending"],
            (
                "--pools: there is no pool 'sending'; the pools are distribution,"
                " archive, bulk, bounce, task."
            ),
        ),
        (
            ["--dir", "/proc/no"],
            (
                "The directory /proc/no cannot be used (No such file or directory);"
                " choose one that is yours."
            ),
        ),
    ],
)
def test_wrong_options_are_one_sentence(options: list[str], said: str) -> None:
    """What cannot be is refused before anything starts."""
    assert refusal("up", *options) == f"listhub: {said}\n"


def refusal(*words: str) -> str:
    """Run a command that is refused with exit code 64; return what it said."""
    run = subprocess.run(
        [*LISTHUB, *words],
        env=process.python_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 64, run.stderr
    return run.stderr
