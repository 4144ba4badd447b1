"""What a site is made of, besides its servers: our programs, and the relay at the end."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from typing_extensions import override

from listhub.embedded import process
from listhub.embedded.server import Server, listens

ROOT = Path(__file__).parents[2]


class SinkServer(Server):
    """The relay of tests/system/sink.py."""

    name = "sink"
    ready_timeout = 30.0

    def __init__(self, directory: Path, *, pace: float, xverp: bool = False) -> None:
        super().__init__(directory)
        self._options = ["--pace", str(pace), *(["--xverp"] if xverp else [])]

    @property
    def record(self) -> Path:
        return self.directory / "transactions.jsonl"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @override
    def _command(self) -> process.Command:
        argv = [sys.executable, str(ROOT / "tests" / "system" / "sink.py")]
        argv += ["--port", str(self.port), "--record", str(self.record)]
        return process.Command(
            name=self.name,
            argv=[*argv, *self._options],
            log=self.directory / "sink.log",
            env=process.python_environment(),
        )

    @override
    def _answers(self) -> bool:
        return listens(self.port)


class Daemon:
    """A `listhub` command that runs until it is told to stop, on a host of its own name."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        ready: Callable[[int], bool],
        host: str = "",
        program: Sequence[str] = ("listhub.cli.main",),
    ) -> None:
        self.name = name
        self.log = directory / "log" / f"{name}.log"
        self._ready = ready
        self._child: process.Child | None = None
        self._command = process.Command(
            name=name,
            argv=[*_on_host(host), sys.executable, "-m", *program, *arguments],
            log=self.log,
            env=environment,
            cwd=directory,
        )

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None and self.running else None

    def start(self, *, wait: bool = True) -> None:
        """Start it if it does not run; wait until it serves."""
        if not self.running:
            self._child = process.start(self._command)
        if wait and self._child is not None:
            pid = self._child.pid
            self._child.wait_ready(lambda: self._ready(pid), timeout=60.0)

    def stop(self, *, timeout: float) -> bool:
        """Tell it to stop; True if it has ended within `timeout` seconds."""
        return self._child is None or self._child.stop(timeout=timeout)

    def kill(self) -> None:
        """Kill the process itself, not those that it has started."""
        if self._child is not None:
            process.kill_all([self._child.pid] if self.running else [])
            self._child.wait(10.0)


def _on_host(name: str) -> list[str]:
    """Return the words in front of a command that runs under another host's name."""
    if not name or not _can_rename():
        return []
    script = 'hostname "$0" && exec "$@"'
    return [*_UNSHARE, "/bin/sh", "-c", script, name]


_UNSHARE = (shutil.which("unshare") or "unshare", "--uts")


@cache
def _can_rename() -> bool:
    if not Path(_UNSHARE[0]).is_absolute() or os.geteuid() != 0:
        return False
    probe = [*_UNSHARE, "/bin/sh", "-c", "hostname probe"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0
