"""The far end as a child process of ours: scripts/bench_sink.py, started and asked."""

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from scripts.benches.places import ROOT


class Copy(NamedTuple):
    """One recipient of one mail that arrived; `ns` is the monotonic clock's."""

    ns: int
    recipient: str
    message_id: str


class Sink:
    """A running sink; counts every copy and tells which came twice."""

    def __init__(self, directory: Path | None = None, *, xverp: bool = False) -> None:
        """Record each copy too if there is a directory for it."""
        self._directory = directory
        argv = [sys.executable, str(ROOT / "scripts" / "bench_sink.py"), "--unique"]
        if directory is not None:
            directory.mkdir(parents=True)
            argv += ["--record", str(directory)]
        if xverp:
            argv.append("--xverp")
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port: int = json.loads(self._process.stdout.readline())["port"]

    @property
    def pid(self) -> int:
        return self._process.pid

    def totals(self) -> dict[str, Any]:
        """Return messages, recipients, doubled and times so far."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            stream = peer.makefile("rwb")
            stream.readline()
            stream.write(b"XSTATS\r\n")
            stream.flush()
            answer: dict[str, Any] = json.loads(stream.readline()[4:])
            return answer

    def copies(self) -> Iterator[Copy]:
        """Yield what was recorded, after `totals` has had it written."""
        assert self._directory is not None
        self.totals()
        for path in sorted(self._directory.iterdir()):
            with path.open() as stream:
                for line in stream:
                    ns, _path, recipient, rest = line.split(" ", 3)
                    # A Message-ID may hold blanks, an X-Sequence does not.
                    yield Copy(int(ns), recipient, rest.rpartition(" ")[0])

    def forget(self) -> None:
        """Throw away what was recorded so far."""
        assert self._directory is not None
        self.totals()
        for path in self._directory.iterdir():
            # The sink appends: it goes on at the new end.
            path.write_bytes(b"")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)


@contextlib.contextmanager
def sink(directory: Path | None = None, *, xverp: bool = False) -> Iterator[Sink]:
    """Run a sink while the block lasts."""
    running = Sink(directory, xverp=xverp)
    try:
        yield running
    finally:
        running.stop()
