"""Child processes that never outlive us: started, awaited, stopped or killed.

A child's death signal comes when the *thread* that started it ends: start servers from
the main thread, or from one that lives as long as they should.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from listhub import log
from listhub.embedded.identity import LAUNCHER, Identity
from listhub.errors import TemporaryError

_log = log.get(__name__)

_POLL = 0.02
_TAIL = 2000
_LOG_LIMIT = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to start; `env` is all of its environment, `log` gets what it prints."""

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    stdin: bytes | None = None
    death_signal: signal.Signals = signal.SIGTERM
    identity: Identity = field(default_factory=Identity)


class Child:
    """A running program that leads its own session and process group."""

    def __init__(self, command: Command, popen: subprocess.Popen[bytes]) -> None:
        self.command = command
        self._popen = popen

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    @property
    def returncode(self) -> int | None:
        """Return the exit status, negative for a signal, None while it runs."""
        return self._popen.poll()

    def wait_ready(self, probe: Callable[[], bool], *, timeout: float) -> None:
        """Wait (seconds) until the probe says yes; else kill it and raise."""
        deadline = time.monotonic() + timeout
        while not probe():
            if not self.running:
                raise self._failed(f"ended at once with status {self.returncode}")
            if time.monotonic() > deadline:
                self.kill()
                raise self._failed(f"was not ready within {timeout:g} seconds")
            time.sleep(_POLL)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program itself, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            self._popen.send_signal(number)

    def stop(
        self, *, number: signal.Signals = signal.SIGTERM, timeout: float = 20.0
    ) -> bool:
        """Ask it to end, and kill its group after the time (seconds); True if it obeyed."""
        self.send(number)
        obeyed = self.wait(timeout)
        if not obeyed:
            _log.warning("child killed", child=self.command.name, after=timeout)
        self.kill()
        return obeyed

    def wait(self, timeout: float) -> bool:
        """Wait (seconds) for its end; tell whether it came."""
        try:
            self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """Kill it and all of its process group at once, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()

    def _failed(self, what: str) -> TemporaryError:
        command = self.command
        return TemporaryError(
            f"The server {command.name} {what}; its log is {command.log}.",
            reason=tail(command.log),
        )


def start(command: Command) -> Child:
    """Start a child that dies with us; what it prints is appended to its log."""
    argv = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())]
    argv += [str(int(command.death_signal)), command.identity.argument()]
    argv += command.argv
    _turn(command.log)
    stdin = subprocess.DEVNULL if command.stdin is None else subprocess.PIPE
    with command.log.open("ab") as output:
        popen = subprocess.Popen(
            argv,
            stdin=stdin,
            stdout=output,
            stderr=output,
            cwd=command.cwd,
            env=command.env,
            start_new_session=True,
        )
    if popen.stdin is not None:
        with contextlib.suppress(BrokenPipeError), popen.stdin as stream:
            stream.write(command.stdin or b"")
    return Child(command, popen)


def python_environment() -> dict[str, str]:
    """Return our environment, in which `python -m listhub…` finds this very code."""
    ours = str(Path(__file__).parents[2])
    paths = [ours, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def tail(path: Path) -> str:
    """Return the last lines of a log, at most 2,000 bytes."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _TAIL))
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return ""


def inside(directory: Path, programs: Collection[str]) -> list[int]:
    """Return the ids of all processes of these programs that work in this directory.

    The names keep us from a shell in which somebody looks at the files.
    """
    entries = Path("/proc").glob("[0-9]*")
    return [
        int(entry.name) for entry in entries if _works_in(entry, directory, programs)
    ]


def _works_in(entry: Path, directory: Path, programs: Collection[str]) -> bool:
    try:
        if (entry / "comm").read_text("utf-8", "replace").strip() not in programs:
            return False
        try:
            return (entry / "cwd").readlink() == directory
        except PermissionError:  # another user's: the command line is for all to read
            words = (entry / "cmdline").read_bytes().split(b"\0")
            return os.fsencode(directory) in words
    except OSError:  # it has ended
        return False


def children(parent: int) -> list[int]:
    """Return the ids of a process's children."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # proc(5): "pid (name) state ppid ..."; the name may hold blanks.
            fields = entry.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(entry.parent.name))
    return found


def kill_all(pids: Iterable[int]) -> None:
    """Kill processes by id; those that have ended are no error."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_until(condition: Callable[[], bool], *, timeout: float) -> bool:
    """Wait (seconds) until the condition holds; tell whether it does."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def _turn(path: Path) -> None:
    """Put a long log aside, so that a server kept for years does not fill the disk."""
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.replace(path.with_name(path.name + ".1"))
