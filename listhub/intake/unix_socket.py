"""The Unix socket of the daemon: made with its mode, one owner, no stale rests."""

import contextlib
import errno
import fcntl
import os
import socket
from io import TextIOWrapper
from pathlib import Path

from listhub.errors import UsageError

#: sockaddr_un holds 108 octets with the closing NUL (unix(7)).
_LONGEST = 107


class UnixSocket:
    """A listening socket at a path; a lock beside it tells the living from the stale."""

    def __init__(self, path: str, *, mode: int) -> None:
        self._path = Path(path)
        self._mode = mode
        self._lock: TextIOWrapper | None = None
        self._inode = 0

    @property
    def _new(self) -> Path:
        return self._path.with_name(self._path.name + ".new")

    def bind(self) -> socket.socket:
        """Return the bound socket; nobody sees it before `publish`.

        UsageError if the path cannot be had or another daemon has it.
        """
        if len(os.fsencode(self._new)) > _LONGEST:
            raise UsageError(
                f"intake.socket: {self._path} is too long for a socket;"
                f" at most {_LONGEST - len('.new')} octets."
            )
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            self._refuse_other_files()
            self._new.unlink(missing_ok=True)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(str(self._new))
            self._new.chmod(self._mode)
            self._inode = self._new.stat().st_ino
        except OSError as error:
            raise UsageError(
                f"intake.socket: {self._path} cannot be made ({error.strerror})."
            ) from error
        return listener

    def publish(self) -> None:
        """Put the listening socket in its place, over one that nobody listens to."""
        self._new.replace(self._path)

    def remove(self) -> None:
        """Remove the socket, if it is still ours, and let others have the path."""
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        # Held until the process ends, however it ends: kill -9 leaves a stale socket
        # and no lock.  To connect and see instead would race with a second start.
        lock = self._path.with_name(self._path.name + ".lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            raise UsageError(
                f"intake.socket: another intake daemon listens at {self._path}."
            ) from error
        self._lock = lock

    def _refuse_other_files(self) -> None:
        if self._path.exists() and not self._path.is_socket():
            raise UsageError(
                f"intake.socket: {self._path} exists and is no socket; remove it."
            )
