"""Whole systems for tests: `listhub up` in a directory, and what is left of it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from listhub.embedded import process
from listhub.embedded.caught import Transaction, caught
from listhub.embedded.endpoints import FILE, Endpoints

ROOT = Path(__file__).parents[1]
LISTHUB = [sys.executable, "-m", "listhub.cli.main"]
ENQUEUE = ROOT / "scripts" / "bin" / "listhub-enqueue"

#: Seconds; a loaded machine takes several times what an idle one does.
STARTING, STOPPING, ARRIVING = 90.0, 40.0, 60.0


class UpProcess:
    """`listhub up` as a child of the test, in a session of its own."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        self.log = directory.with_name(directory.name + ".log")
        (directory / FILE).unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                [*LISTHUB, "up", "--plain", "--dir", str(directory), *options],
                env=process.python_environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_ready(self) -> Endpoints:
        up = process.wait_until(
            lambda: (self.directory / FILE).exists() or self.popen.poll() is not None,
            timeout=STARTING,
        )
        assert up, process.tail(self.log)
        assert self.popen.poll() is None, process.tail(self.log)
        return Endpoints.load(self.directory)

    def interrupt(self) -> int:
        """Stop it as Ctrl-C does; return its exit code."""
        self.popen.send_signal(signal.SIGINT)
        return self.popen.wait(STOPPING)

    def end(self) -> None:
        """Kill it and whatever is left, at the end of a test that failed."""
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        if not process.wait_until(lambda: not leftovers(self.directory), timeout=15.0):
            process.kill_all(leftovers(self.directory))

    def restarts(self, name: str) -> tuple[int, int | None]:
        """Return how often a process was started again, and its id now."""
        rows = json.loads((self.directory / "run" / "processes.json").read_text())
        return next(
            (row["restarts"], row["pid"]) for row in rows if row["name"] == name
        )

    def command(self, *words: str) -> str:
        """Run one `listhub` command on the system and return what it printed."""
        run = subprocess.run(
            [*LISTHUB, "--dir", str(self.directory), *words],
            env=process.python_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return run.stdout

    def post(self, to: str, *, author: str, message_id: str) -> None:
        """Hand one mail over, as an MTA does through a pipe, and again after a 75."""
        content = f"From: {author}\nMessage-ID: <{message_id}>\nSubject: x\n\nHello\n"
        argv = [str(ENQUEUE), "--dir", str(self.directory), "--sender", author, to]
        answers: list[int] = []

        def taken() -> bool:
            run = subprocess.run(argv, input=content.encode(), check=False)
            answers.append(run.returncode)
            return run.returncode != 75

        process.wait_until(taken, timeout=ARRIVING)
        assert answers[-1] == 0

    def copies(self, message_id: str) -> list[Transaction]:
        return list(
            caught(self.directory / "catcher" / "caught", message_id=message_id)
        )


def make_list(system: UpProcess, address: str, members: Sequence[str]) -> None:
    """Create a list with its members by the command line."""
    system.command("domain", "add", address.partition("@")[2])
    system.command("list", "create", address)
    system.command("member", "add", address, *members)


def leftovers(directory: Path) -> list[int]:
    """Return the ids of all processes that work in a directory or are named for it."""
    return [
        int(entry.name)
        for entry in Path("/proc").glob("[0-9]*")
        if int(entry.name) != os.getpid() and _belongs(entry, directory)
    ]


def _belongs(entry: Path, directory: Path) -> bool:
    try:
        state = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2]
        if state.split()[0] in "ZX":
            return False
        if os.fsencode(directory) in (entry / "cmdline").read_bytes():
            return True
        return (entry / "cwd").readlink().is_relative_to(directory)
    except OSError:  # it has ended, or is another user's
        return False
