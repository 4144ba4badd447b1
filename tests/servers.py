"""Real servers for tests: one PostgreSQL for the run, the others for who asks.

Under pytest-xdist the controller starts PostgreSQL, once it knows that a collected test
needs it, and stops it at the end; the workers find its address in the run's directory.
The migrated template is made by whoever needs it first.
"""

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from listhub.embedded.postgres import NOT_DURABLE, PostgresServer
from listhub.errors import ListHubError

TEMPLATE = "listhub_template"

SETTINGS = {**NOT_DURABLE, "shared_buffers": "64MB", "autovacuum_naptime": "5s"}

_ROOM = 4 * 1024**3
_PREFIX = "listhub-test-"
_HELD = "run.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPostgres:
    """The run's server: databases come and go, the server itself is left alone."""

    maintenance_url: str

    def url(self, database: str) -> str:
        return urlunsplit(urlsplit(self.maintenance_url)._replace(path=f"/{database}"))

    def create_database(self, name: str, *, template: str = "template1") -> str:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(statement, name, template)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)

    def _execute(self, statement: sql.SQL, *names: str) -> None:
        with psycopg.connect(self.maintenance_url, autocommit=True) as connection:
            connection.execute(statement.format(*map(sql.Identifier, names)))


class Run:
    """The directory that all processes of one test run share."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._server: PostgresServer | None = None
        self._held: TextIO | None = None

    @classmethod
    def begin(cls) -> "Run":
        # A short path: sockets of tests must fit in 107 octets, unix(7).
        place = _fast_place() or Path(tempfile.gettempdir())
        _sweep(place)
        run = cls(Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place)))
        run._held = (run.directory / _HELD).open("a")
        fcntl.flock(run._held, fcntl.LOCK_EX)
        return run

    def end(self) -> None:
        """Stop what was started here and remove every file."""
        if self._server is not None:
            self._server.stop()
        shutil.rmtree(self.directory)
        if self._held is not None:
            self._held.close()

    def start_postgres(self) -> None:
        """Start the server, in the process that outlives all tests; or note why not."""
        if self._address.exists():
            return
        self._server = PostgresServer(self.directory / "postgres", settings=SETTINGS)
        try:
            self._server.start()
        except ListHubError as error:
            answer = {"error": f"{error.public} {error.reason}"}
        else:
            answer = {"url": self._server.url()}
        self._address.write_text(json.dumps(answer))

    def postgres(self) -> SharedPostgres:
        answer = json.loads(self._address.read_text())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return SharedPostgres(maintenance_url=answer["url"])

    def template(self) -> str:
        """Return the name of the migrated database that others are copied from."""
        server = self.postgres()
        done = self.directory / "template"
        with self._alone("template.lock"):
            if not done.exists():
                from listhub.db import upgrade

                server.drop_database(TEMPLATE)
                upgrade(server.create_database(TEMPLATE))
                done.touch()
        return TEMPLATE

    def new_directory(self, name: str) -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.directory))

    @property
    def _address(self) -> Path:
        return self.directory / "postgres.json"

    @contextlib.contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with (self.directory / name).open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield


def _sweep(place: Path) -> None:
    """Remove what runs left that were killed; their locks went with them."""
    for held in place.glob(f"{_PREFIX}*/{_HELD}"):
        with contextlib.suppress(OSError), held.open("a") as stream:
            # A minute's grace: a new run makes its directory before it takes the lock.
            if time.time() - held.stat().st_mtime > 60:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(held.parent)


def _fast_place() -> Path | None:
    """Return memory to keep the run's files in: databases are copied 20 times faster."""
    memory = Path("/dev/shm")  # noqa: S108  mkdtemp makes a private directory there
    if not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < _ROOM:
        return None
    return memory


def needs_postgres(node_id: str) -> bool:
    """Tell from its address whether a test may ask for the database."""
    return not node_id.startswith(("unit/", "tests/unit/"))


def worker_name() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")
