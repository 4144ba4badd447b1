"""What all servers of ours share: a locked directory, a port, a password, one child."""

import contextlib
import signal
import socket
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from listhub import log
from listhub.embedded import process
from listhub.embedded.private import (
    lock,
    make_private,
    remembered_port,
    remembered_secret,
)

_log = log.get(__name__)


class Server(ABC):
    """A private server on 127.0.0.1; start() goes on with the directory it had before.

    Its port is chosen once and kept, unless one is asked for; started again by the
    same process it must have that port again, for others have been told of it.
    """

    name: ClassVar[str]
    # As the kernel names them: what may be killed if found in our directory.
    programs: ClassVar[frozenset[str]] = frozenset()
    ready_timeout: ClassVar[float] = 60.0
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, directory: Path, port: int | None = None) -> None:
        self.directory = directory
        self.port = port
        self._wanted_port = port
        self._password = ""
        self._child: process.Child | None = None
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    @property
    def pid(self) -> int | None:
        """Return the server's process id, None when it does not run."""
        return self._child.pid if self._child is not None and self.running else None

    def start(self) -> None:
        """Start the server and wait until it answers; no effect if it runs.

        Raises UsageError where the directory, the port or the programs do not do,
        TemporaryError where the server does not come up.
        """
        if self.running:
            return
        self._held.close()
        self.directory = make_private(self.directory)
        with contextlib.ExitStack() as held:
            held.enter_context(lock(self.directory))
            held.callback(self._after)
            # We hold the lock, so what still works here has lost its parent.
            if not process.wait_until(lambda: not self._inside(), timeout=10.0):
                self._kill_inside()
            self._password = remembered_secret(self.directory / "password")
            self.port = remembered_port(
                self.directory / "port", wanted=self._wanted_port or self.port
            )
            self._before()
            self._child = process.start(self._command())
            self._child.wait_ready(self._answers, timeout=self.ready_timeout)
            self._held = held.pop_all()
        _log.info("server started", server=self.name, port=self.port, pid=self.pid)

    def stop(self, *, timeout: float = 30.0) -> None:
        """Stop it in order; kill it after the time (seconds)."""
        if self._child is not None:
            self._child.stop(number=self.stop_signal, timeout=timeout)
        self._end()

    def kill(self) -> None:
        """Kill it and its children with SIGKILL, as a power cut would."""
        if self._child is not None:
            children = process.children(self._child.pid)
            self._child.kill()
            process.kill_all(children)
        self._end()

    @abstractmethod
    def _command(self) -> process.Command:
        """Return what to start."""

    @abstractmethod
    def _answers(self) -> bool:
        """Tell whether the server serves."""

    def _before(self) -> None:  # noqa: B027  most need nothing
        """Prepare what the server needs."""

    def _after(self) -> None:  # noqa: B027
        """Clear away what it leaves running."""

    def _inside(self) -> list[int]:
        """Return the ids of the processes that work in the server's directory."""
        return process.inside(self.directory, self.programs)

    def _kill_inside(self) -> bool:
        pids = self._inside()
        process.kill_all(pids)
        return not pids

    def _end(self) -> None:
        self._child = None
        process.wait_until(self._kill_inside, timeout=10.0)
        self._held.close()


def listens(port: int | None, *, send: bytes = b"") -> bool:
    """Tell whether a port of 127.0.0.1 takes connections and answers what is sent."""
    try:
        with socket.create_connection(("127.0.0.1", port or 0), timeout=5) as peer:
            if not send:
                return True
            peer.sendall(send)
            return peer.recv(1) != b""
    except OSError:
        return False
