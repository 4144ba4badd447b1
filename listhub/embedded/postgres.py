"""A PostgreSQL of our own: one directory, one port of 127.0.0.1, one password."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from listhub import log
from listhub.embedded import process
from listhub.embedded.binaries import PostgresBinaries, find_postgres
from listhub.embedded.identity import LAUNCHER, Identity, hand_over, ordinary
from listhub.embedded.private import (
    lock,
    make_private,
    remembered_port,
    remembered_secret,
)
from listhub.errors import TemporaryError, UsageError

USER = "listhub"

_log = log.get(__name__)

_SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "synchronous_commit": "on",
    # Nothing outside our directory: no sockets in /tmp, no files in /dev/shm.
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %d ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
"""Settings for tests: a machine's crash may lose data, a killed process may not."""


class PostgresServer:
    """A private server; start() makes the data the first time and goes on with it later.

    `settings` are added to ours; `binaries` and `identity` are found out where not given.
    """

    def __init__(
        self,
        directory: Path,
        port: int | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        binaries: PostgresBinaries | None = None,
        identity: Identity | None = None,
    ) -> None:
        self.directory = directory
        self.port = port
        self._wanted_port = port
        self._settings = {**_SETTINGS, **(settings or {})}
        self._binaries = binaries
        self._identity = identity
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
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    @property
    def pid(self) -> int | None:
        """Return the postmaster's process id, None when it does not run."""
        return self._child.pid if self._child is not None and self.running else None

    def url(self, database: str = "postgres") -> str:
        """Return the libpq URL of a database; the server has been started before."""
        return (
            f"postgresql://{USER}:{self._password}@127.0.0.1:{self.port}"
            f"/{quote(database, safe='')}"
        )

    def start(self, *, timeout: float = 60.0) -> None:
        """Start the server and wait (seconds) until it answers; no effect if it runs.

        Raises UsageError where the directory, the port or the programs do not do,
        TemporaryError where the server does not come up.
        """
        if self.running:
            return
        self._held.close()
        self.directory = make_private(self.directory)
        with contextlib.ExitStack() as held:
            held.enter_context(lock(self.directory))
            self._password = remembered_secret(self.directory / "password")
            identity = self._identity or ordinary()
            self._make_data(identity)
            self._clear()
            self.port = remembered_port(
                self.directory / "port", wanted=self._wanted_port
            )
            self._child = self._run(identity)
            self._child.wait_ready(self._answers, timeout=timeout)
            self._held = held.pop_all()
        _log.info("postgres started", port=self.port, pid=self.pid)

    def stop(self, *, timeout: float = 30.0) -> None:
        """End all sessions, write a checkpoint and stop; kill it after the time."""
        if self._child is not None:
            # Fast shutdown: it does not wait for clients.
            if not self._child.stop(number=signal.SIGINT, timeout=timeout):
                self.kill()
            self._child = None
        self._held.close()

    def kill(self) -> None:
        """Kill the postmaster and every backend with SIGKILL, as a power cut would."""
        if self._child is not None:
            backends = process.children(self._child.pid)
            self._child.kill()
            process.kill_all(backends)
            self._child = None
        # Each backend leads a session of its own, but works in the data directory.
        process.wait_until(self._kill_inside, timeout=10.0)
        self._held.close()

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make a database, empty or as a copy of another; return its URL."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template or "template1")
        )
        self._execute(statement)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database and end its sessions; none of that name is no error."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute(statement.format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, identity: Identity) -> process.Child:
        binaries = self._binaries or find_postgres(major=self._data_version())
        argv = [str(binaries.postgres), "-D", str(self.data)]
        argv += ["-h", "127.0.0.1", "-p", str(self.port)]
        for name, value in self._settings.items():
            argv += ["-c", f"{name}={value}"]
        return process.start(
            process.Command(
                name="postgres",
                argv=argv,
                log=self.directory / "postgres.log",
                env=_environment(),
                identity=identity,
                death_signal=signal.SIGINT,
            )
        )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:  # not yet listening, or still recovering
            return False
        return True

    def _kill_inside(self) -> bool:
        pids = process.inside(self.data)
        process.kill_all(pids)
        return not pids

    def _clear(self) -> None:
        """Wait until a server of an earlier, killed parent is gone; drop what it left.

        We hold the lock, so nobody owns such a server any more.  Its postmaster.pid
        would stop ours if another process has got its number since.
        """
        if not process.wait_until(lambda: not process.inside(self.data), timeout=10.0):
            self.kill()
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _data_version(self) -> int | None:
        try:
            return int((self.data / "PG_VERSION").read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise UsageError(
                f"The directory {self.data} does not hold a database of ListHub's; "
                "choose another directory.",
            ) from error

    def _make_data(self, identity: Identity) -> None:
        """Run initdb once, under another name first: half a database is none."""
        hand_over(self.directory, identity)
        if self._data_version() is not None:
            return
        binaries = self._binaries or find_postgres()
        new = self.directory / "data.new"
        errors = []
        for locale in _locales(binaries):
            shutil.rmtree(new, ignore_errors=True)
            run = self._initdb(binaries, identity, locale)
            if run.returncode == 0:
                new.rename(self.data)
                return
            errors.append(run.stderr.decode("utf-8", "replace"))
        raise TemporaryError(
            f"PostgreSQL could not make its data in {self.directory}; "
            "is there room, and may this user write there?",
            reason="\n".join(errors),
        )

    def _initdb(
        self, binaries: PostgresBinaries, identity: Identity, locale: list[str]
    ) -> subprocess.CompletedProcess[bytes]:
        argv = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())]
        argv += [str(int(signal.SIGKILL)), identity.argument()]
        argv += [str(binaries.initdb), "-D", str(self.directory / "data.new")]
        argv += ["--username", USER, "--auth", "scram-sha-256", "--encoding", "UTF8"]
        argv += ["--pwfile", str(self.directory / "password"), "--no-instructions"]
        if self._settings.get("fsync") == "off":
            argv.append("--no-sync")
        return subprocess.run(
            argv + locale, env=_environment(), capture_output=True, check=False
        )


def _environment() -> dict[str, str]:
    """Return an environment in which no PG* variable or language changes anything."""
    kept = {"PATH", "LD_LIBRARY_PATH", "TMPDIR"}
    env = {name: value for name, value in os.environ.items() if name in kept}
    return {**env, "LC_ALL": "C"}


def _locales(binaries: PostgresBinaries) -> list[list[str]]:
    """Return the arguments to try in turn: Unicode's letters, on machines without too."""
    if binaries.major >= 17:
        return [["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]]
    return [["--locale=C.UTF-8"], ["--locale=C"]]
