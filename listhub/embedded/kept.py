"""Keep a program running: a thread starts it, watches it, and starts it again.

A thread each, for as long as the system runs: the kernel's death signal is sent when
the thread that started a program ends, and a start that takes long holds up no other.
"""

import threading
import time
from dataclasses import dataclass
from typing import Protocol

from listhub import log
from listhub.errors import ListHubError

_log = log.get(__name__)

_POLL = 0.2

#: A program that ran this long may be started again at once, in seconds.
STEADY = 10.0

_SHORTEST_PAUSE = 0.2
_LONGEST_PAUSE = 15.0


class Keepable(Protocol):
    """What can be kept running: a server, or a program of our own."""

    @property
    def name(self) -> str: ...
    @property
    def running(self) -> bool: ...
    @property
    def pid(self) -> int | None: ...
    def start(self) -> None: ...
    def stop(self, *, timeout: float = ...) -> None: ...
    def kill(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a program is doing; `state` is starting, up, waiting, stopping or stopped."""

    name: str
    state: str
    pid: int | None = None
    restarts: int = 0
    #: What went wrong last.
    note: str = ""


def pause_after(lived: float, *, pause: float) -> float:
    """Return how long to wait after a program `lived` so long, all in seconds.

    Nothing after a steady life, else twice as long as the last `pause`.
    """
    if lived > STEADY:
        return 0.0
    return min(max(_SHORTEST_PAUSE, pause * 2), _LONGEST_PAUSE)


class Kept:
    """A program and the thread that keeps it running."""

    def __init__(self, program: Keepable) -> None:
        self.program = program
        self.error: ListHubError | None = None
        self._restarts = 0
        self._state = "starting"
        self._note = ""
        self._told_to_stop = threading.Event()
        self._patience = 15.0
        self._settled = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"kept-{program.name}", daemon=True
        )

    @property
    def condition(self) -> Condition:
        """Return how it is doing now."""
        return Condition(
            name=self.program.name,
            state=self._state,
            pid=self.program.pid,
            restarts=self._restarts,
            note=self._note,
        )

    def start(self) -> None:
        """Begin; returns at once, see `wait`."""
        self._thread.start()

    def wait(self, timeout: float) -> bool:
        """Wait (seconds) for the first start; True once it serves.

        Raises the ListHubError with which that start failed.
        """
        settled = self._settled.wait(timeout)
        if self.error is not None:
            raise self.error
        return settled

    def tell_to_stop(self, *, patience: float) -> None:
        """Ask it to end, and kill it after `patience` seconds; see `join`."""
        self._patience = patience
        self._told_to_stop.set()
        if self._state == "starting":
            # Its thread waits for it to serve, and would go on to.
            self.program.stop(timeout=patience)

    def join(self) -> None:
        """Wait until it is gone."""
        if self._thread.ident is not None:
            self._thread.join()

    def kill(self) -> None:
        """End it without patience."""
        self._patience = 0.0
        self._told_to_stop.set()
        self.program.kill()

    def _run(self) -> None:
        try:
            self._keep()
        except ListHubError as error:
            self.error = error
            self._note = error.public
        finally:
            self._state = "stopping"
            self.program.stop(timeout=self._patience)
            self._state = "stopped"
            self._settled.set()

    def _keep(self) -> None:
        pause = 0.0
        while not self._told_to_stop.is_set():
            began = time.monotonic()
            if self._came_up():
                self._until_it_ends()
            if self._told_to_stop.is_set():
                return
            self._restarts += 1
            pause = pause_after(time.monotonic() - began, pause=pause)
            self._state = "waiting"
            _log.warning(
                "process ended",
                name=self.program.name,
                restart_in=pause,
                reason=self._note,
            )
            self._told_to_stop.wait(pause)

    def _came_up(self) -> bool:
        """Start it; a first start that fails is the caller's to know."""
        self._state = "starting"
        try:
            self.program.start()
        except ListHubError as error:
            if not self._settled.is_set():
                raise
            self._note = error.public
            return False
        self._state = "up"
        self._settled.set()
        _log.info("process is up", name=self.program.name, pid=self.program.pid)
        return True

    def _until_it_ends(self) -> None:
        while self.program.running:
            if self._told_to_stop.wait(_POLL):
                return
        self._note = "it ended by itself"
