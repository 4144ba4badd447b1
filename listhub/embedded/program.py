"""Programs of our own as children: `listhub intake`, `listhub worker`, `listhub web`."""

import contextlib
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from listhub.embedded import process
from listhub.errors import TemporaryError

READY = 60.0
"""Seconds that a program may take until it serves."""


class Program:
    """One `listhub` command that runs until it is told to stop."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        directory: Path,
        log: Path,
        environment: Mapping[str, str],
        ready: Callable[[int], bool],
    ) -> None:
        """`ready` tells from the process id whether the program serves."""
        self.name = arguments[0]
        self._arguments = tuple(arguments)
        self._directory = directory
        self._log = log
        self._environment = environment
        self._ready = ready
        self._child: process.Child | None = None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None and self.running else None

    @property
    def log(self) -> Path:
        return self._log

    def start(self) -> None:
        """Start it and wait until it serves; TemporaryError if it does not."""
        child = self._child = process.start(
            process.Command(
                name=self.name,
                argv=_argv(self._arguments),
                log=self._log,
                env=self._environment,
                cwd=self._directory,
            )
        )
        child.wait_ready(lambda: self._ready(child.pid), timeout=READY)

    def stop(self, *, timeout: float = 30.0) -> None:
        """Ask it to finish; kill it and its children after the time (seconds)."""
        if self._child is not None:
            # Its children lead process groups of their own.
            children = process.children(self._child.pid)
            if not self._child.stop(timeout=timeout):
                process.kill_all(children)
            self._child = None

    def kill(self) -> None:
        """Kill it and its children at once."""
        if self._child is not None:
            children = process.children(self._child.pid)
            self._child.kill()
            process.kill_all(children)


def run_once(
    arguments: Sequence[str],
    *,
    log: Path,
    directory: Path,
    environment: Mapping[str, str],
    timeout: float,
) -> None:
    """Run a `listhub` command to its end; TemporaryError where it fails."""
    name = f"listhub {' '.join(arguments)}"
    child = process.start(
        process.Command(
            name=name,
            argv=_argv(arguments),
            log=log,
            env=environment,
            cwd=directory,
        )
    )
    with contextlib.ExitStack() as stack:
        stack.callback(child.kill)
        child.wait(timeout)
    if child.returncode != 0:
        raise TemporaryError(
            f"`{name}` ended with status {child.returncode}; its log is {log}.",
            reason=process.tail(log),
        )


def _argv(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "listhub.cli.main", *arguments]


def command_path(name: str) -> str:
    """Return how a person should type one of our commands here."""
    beside = Path(sys.executable).with_name(name)
    found = shutil.which(name)
    if found is not None and Path(found).resolve() == beside.resolve():
        return name
    with contextlib.suppress(ValueError):
        return str(beside.relative_to(Path.cwd()))
    return str(beside) if beside.exists() else name
