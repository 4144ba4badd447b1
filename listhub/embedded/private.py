"""A server's own directory: locked while it runs, with its port and its password."""

import contextlib
import fcntl
import os
import random
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from listhub.errors import TemporaryError, UsageError

_LOWEST_PORT = 15000
_DEFAULT_EPHEMERAL = 32768

#: Seconds.  A process that another thread of ours forks has our open files until it
#: becomes its own program, and with them, for that moment, our lock.
_LOCK_PATIENCE = 0.5


def make_private(directory: Path) -> Path:
    """Make a directory that only its owner may enter; return its absolute path."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The directory {directory} cannot be used ({error.strerror}); "
            "choose one that is yours.",
        ) from error
    return directory.resolve()


@contextlib.contextmanager
def lock(directory: Path) -> Iterator[None]:
    """Hold a directory for this process; it is let go even by kill -9.

    Raises UsageError when another process holds it.
    """
    descriptor = os.open(
        directory / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600
    )
    try:
        if not _locked(descriptor):
            raise UsageError(
                f"The directory {directory} is in use by another running server; "
                "stop that one, or choose another directory.",
            )
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    ends = time.monotonic() + _LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > ends:
                return False
            time.sleep(0.01)
        else:
            return True


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, at once or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123  a descriptor
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)


def remembered_secret(path: Path) -> str:
    """Return the password in the file; make one (URL-safe, 32 characters) if new."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24) + "\n")
    return path.read_text(encoding="ascii").strip()


def remembered_port(path: Path, *, wanted: int | None = None) -> int:
    """Return a free port of 127.0.0.1, the same as last time where it is still free.

    Raises UsageError when the wanted port is in use.
    """
    if wanted:
        if not _is_free(wanted):
            raise UsageError(
                f"Port {wanted} of 127.0.0.1 is in use, or no port for us; "
                "stop what listens there, or choose another one.",
            )
        port = wanted
    else:
        before = _read_port(path)
        port = before if before is not None and _is_free(before) else free_port()
    write_private(path, f"{port}\n")
    return port


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 on which nobody listens.

    It is below the ports that the kernel gives to outgoing connections: a client
    that keeps calling a stopped server there would sooner or later get that very port
    for itself, be connected to itself, and keep the server from coming back.
    """
    highest = _first_ephemeral() - 1
    lowest = min(_LOWEST_PORT, highest - 1000)
    for _ in range(200):
        port = random.randint(lowest, highest)  # noqa: S311  spread, not secrecy
        if _is_free(port):
            return port
    raise TemporaryError("No free port was found on 127.0.0.1; try again.")


def _first_ephemeral() -> int:
    try:
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(
            encoding="ascii"
        )
    except OSError:
        return _DEFAULT_EPHEMERAL
    first = int(text.split()[0])
    return first if first > 2048 else _DEFAULT_EPHEMERAL


def _read_port(path: Path) -> int | None:
    try:
        port = int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return port if port > 0 else None


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do it: connections that are closing do not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True
