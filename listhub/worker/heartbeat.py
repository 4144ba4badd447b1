"""The heartbeat: a process says that it is there and what it has counted.

A thread with a connection for a moment, every twenty seconds: the work has its own
connection, which is in a transaction most of the time.  A beat that fails is only
lost; what was counted goes with the next one.
"""

import contextlib
import os
import random
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from listhub import __version__, db, log
from listhub.errors import TemporaryError
from listhub.spool import processes
from listhub.spool.processes import EVERY, Beat
from listhub.stages.stage import Host

_log = log.get(__name__)

#: A process that ends waits so long for its last word, in seconds.
_LAST_WORD = 2.0


class Heart:
    """Beats for the hosts of one process, from a thread of its own, until stopped."""

    def __init__(self, hosts: Sequence[tuple[Host, str]], *, kind: str) -> None:
        """Make it; each host with the pools that it serves."""
        self._hosts = tuple(hosts)
        self._kind = kind
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def start(self) -> None:
        """Begin to beat; after the fork, never before."""
        self._thread.start()

    def stop(self) -> None:
        """Say the last figures and leave; waits for that only a moment."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_LAST_WORD)

    def beat(self, *, last: bool = False) -> None:
        """Say once how it is; `last`: and that it ends."""
        taken = [(host, host.tally.take()) for host, _pools in self._hosts]
        try:
            with db.connect(self._hosts[0][0].settings.database) as conn:
                counts = [(host.name, counted) for host, counted in taken]
                processes.beat(conn, self._beats(), counts)
                if last:
                    processes.leave(conn, [host.name for host, _pools in self._hosts])
        except (TemporaryError, psycopg.Error) as error:
            for host, counted in taken:
                host.tally.add(counted)
            _log.debug("heartbeat lost", reason=str(error))

    def _beats(self) -> list[Beat]:
        memory = memory_used()
        return [
            Beat(
                name=host.name,
                host=socket.gethostname(),
                pid=os.getpid(),
                kind=self._kind,
                pool=pools,
                version=__version__,
                age=time.monotonic() - self._began,
                stage=working[0] if (working := host.tally.working()) else None,
                busy=working[1] if working else None,
                memory=memory,
            )
            for host, pools in self._hosts
        ]

    def _run(self) -> None:
        # Jitter: the processes of a host are started together.
        while not self._stop.is_set():
            self.beat()
            self._stop.wait(EVERY * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
        self.beat(last=True)


def memory_used() -> int | None:
    """Return the bytes that this process has in memory; None where nobody says."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return None
