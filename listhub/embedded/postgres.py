"""A PostgreSQL of our own: one directory, one port of 127.0.0.1, one password."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql
from typing_extensions import override

from listhub.embedded import process
from listhub.embedded.binaries import PostgresBinaries, find_postgres
from listhub.embedded.identity import LAUNCHER, Identity, hand_over, ordinary
from listhub.embedded.server import Server
from listhub.errors import TemporaryError, UsageError

USER = "listhub"

_SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "synchronous_commit": "on",
    # No disk turns here: twenty members of a list are looked up, not filtered out of all.
    "random_page_cost": "1.1",
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


class PostgresServer(Server):
    """A private server; start() makes the data the first time and goes on with it later.

    `settings` are added to ours; `binaries` and `identity` are found out where not given.
    """

    name = "postgres"
    programs = frozenset({"postgres"})
    # Fast shutdown: sessions end, a checkpoint is written, clients are not waited for.
    stop_signal = signal.SIGINT

    def __init__(
        self,
        directory: Path,
        port: int | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        binaries: PostgresBinaries | None = None,
        identity: Identity | None = None,
    ) -> None:
        super().__init__(directory, port)
        self._settings = {**_SETTINGS, **(settings or {})}
        self._binaries = binaries
        self._identity = identity

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def url(self, database: str = "postgres") -> str:
        """Return the libpq URL of a database; the server has been started before."""
        return (
            f"postgresql://{USER}:{self._password}@127.0.0.1:{self.port}"
            f"/{quote(database, safe='')}"
        )

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

    @override
    def _command(self) -> process.Command:
        binaries = self._binaries or find_postgres(major=self._data_version())
        argv = [str(binaries.postgres), "-D", str(self.data)]
        argv += ["-h", "127.0.0.1", "-p", str(self.port)]
        for name, value in self._settings.items():
            argv += ["-c", f"{name}={value}"]
        return process.Command(
            name="postgres",
            argv=argv,
            log=self.directory / "postgres.log",
            env=_environment(),
            identity=self._as(),
            death_signal=signal.SIGINT,
        )

    @override
    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:  # not yet listening, or still recovering
            return False
        return True

    @override
    def _inside(self) -> list[int]:
        # Each backend leads a session of its own, but works in the data directory.
        return process.inside(self.data, self.programs)

    @override
    def _before(self) -> None:
        hand_over(self.directory, self._as())
        self._make_data()
        # Nobody runs here, but its number may be another process's by now.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _as(self) -> Identity:
        if self._identity is None:
            self._identity = ordinary()
        return self._identity

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

    def _make_data(self) -> None:
        """Run initdb once, under another name first: half a database is none."""
        if self._data_version() is not None:
            return
        binaries = self._binaries or find_postgres()
        new = self.directory / "data.new"
        errors = []
        for locale in _locales(binaries):
            shutil.rmtree(new, ignore_errors=True)
            run = self._initdb(binaries, locale)
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
        self, binaries: PostgresBinaries, locale: list[str]
    ) -> subprocess.CompletedProcess[bytes]:
        argv = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())]
        argv += [str(int(signal.SIGKILL)), self._as().argument()]
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
