"""A whole ListHub to be measured: its own database, intake, workers and sink."""

import contextlib
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from listhub import db
from listhub.embedded import process
from listhub.embedded.broker import ValkeyServer
from listhub.embedded.postgres import PostgresServer
from listhub.embedded.private import free_port
from scripts.benches import mail
from scripts.benches.processes import Memory, cpu_seconds
from scripts.benches.sink import Sink

_PEOPLE = """
INSERT INTO person (address, address_key)
SELECT a, a FROM (SELECT %(list)s || '.' || n || '@d' || n %% %(domains)s || '.example'
                    FROM generate_series(1, %(count)s) AS n) AS made (a)
"""
_MEMBERS = """
INSERT INTO subscription (list_id, person_id)
SELECT %(list_id)s, id FROM person WHERE address LIKE %(list)s || '.%%'
"""
_SETTINGS = """
INSERT INTO setting_version (scope, list_id, version, values, changed_by)
VALUES ('list', %s, 1, jsonb_build_object(
    'verp_rate', %s::int, 'posts_per_day', 0, 'repeats_per_day', 0), 'bench')
"""
#: Nothing of these is left once a post is with all its members.
_LEFT = "SELECT count(*) FROM spool_item WHERE stage = ANY(%s) AND state <> 'buried'"


class Lab:
    """The servers that all workloads share: PostgreSQL (fsync on) and a broker."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.postgres = PostgresServer(directory / "postgres")
        self.broker = ValkeyServer(directory / "valkey")
        self._numbers = iter(range(1, 10_000))

    def new_database(self) -> str:
        """Make a migrated database and return its URL."""
        name = f"bench{next(self._numbers)}"
        return self.postgres.create_database(name, template="template_bench")

    def place(self, name: str) -> Path:
        """Return the path of a new directory for that purpose."""
        return self.directory / f"{name}-{next(self._numbers)}"


@contextlib.contextmanager
def lab() -> Iterator[Lab]:
    """Start the servers in a private directory; stop them and remove it at the end."""
    directory = Path(tempfile.mkdtemp(prefix="listhub-bench-"))
    try:
        found = Lab(directory)
        with found.postgres, found.broker:
            db.upgrade(found.postgres.create_database("template_bench"))
            yield found
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class Site:
    """A running ListHub; one domain, lists as they are asked for."""

    def __init__(self, lab_: Lab, sink: Sink, environment: Mapping[str, str]) -> None:
        self._lab, self.sink = lab_, sink
        self.url = lab_.new_database()
        self.port = free_port()
        self.directory = lab_.place("site")
        self.directory.mkdir(mode=0o700)
        self.socket = self.directory / "intake.sock"
        self.environment = {
            **process.python_environment(),
            "LISTHUB_CONFIG": os.devnull,
            "LISTHUB_DATABASE__URL": self.url,
            "LISTHUB_BROKER__URL": lab_.broker.url,
            "LISTHUB_SITE__SECRET": "5a" * 16,
            "LISTHUB_DELIVERY__RELAYS": f"smtp://127.0.0.1:{sink.port}?tls=none",
            "LISTHUB_DELIVERY__HELO": "bench.example",
            "LISTHUB_DNS__ENABLED": "false",
            "LISTHUB_INTAKE__PORT": str(self.port),
            "LISTHUB_INTAKE__SOCKET": str(self.socket),
            **environment,
        }
        self.conn = psycopg.connect(self.url, autocommit=True)
        self._domain = self.value(
            "INSERT INTO domain (name) VALUES ('lists.example') RETURNING id"
        )
        self._children: dict[str, process.Child] = {}

    # Processes

    def start(self, name: str, *words: str) -> None:
        """Start `listhub WORDS`; known as `name` from then on."""
        argv = [sys.executable, "-m", "listhub.cli.main", *words]
        self._children[name] = process.start(
            process.Command(
                name=name,
                argv=argv,
                log=self.directory / f"{name}.log",
                env=self.environment,
            )
        )

    def wait_for_port(self, port: int) -> None:
        self._wait(lambda: _listens(port), 30)

    def stop(self) -> None:
        for child in reversed(self._children.values()):
            child.stop(timeout=30)
        self.conn.close()
        self._lab.postgres.drop_database(self.url.rpartition("/")[2])
        shutil.rmtree(self.directory, ignore_errors=True)

    def pid(self, name: str) -> int:
        return self._children[name].pid

    # Cost

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds used so far, by component."""
        ours = [child.pid for child in self._children.values()]
        return {
            "ListHub": sum(map(cpu_seconds, ours)),
            "PostgreSQL": cpu_seconds(self._lab.postgres.pid or 0),
            "broker": cpu_seconds(self._lab.broker.pid or 0),
            "sink": cpu_seconds(self.sink.pid),
        }

    def memory(self) -> Memory:
        return Memory({name: child.pid for name, child in self._children.items()})

    # Data

    def value(self, query: Any, parameters: Any = None) -> Any:
        """Return the first column of the first row."""
        row = self.conn.execute(query, parameters).fetchone()
        return row[0] if row else None

    def make_list(
        self, name: str, members: int, *, domains: int = 200, verp_rate: int = 100
    ) -> str:
        """Make a list and its members, `NAME.N@dM.example`; return its address."""
        address = f"{name}@lists.example"
        list_id = self.value(
            "INSERT INTO mailing_list (domain_id, name, address) VALUES (%s, %s, %s)"
            " RETURNING id",
            [self._domain, name, address],
        )
        self.conn.execute(_PEOPLE, {"list": name, "count": members, "domains": domains})
        self.conn.execute(_MEMBERS, {"list": name, "list_id": list_id})
        self.conn.execute(_SETTINGS, [list_id, verp_rate])
        return address

    def analyze(self) -> None:
        """Do what autovacuum would have done long ago."""
        self.conn.execute("VACUUM ANALYZE")

    def member(self, name: str, number: int = 1, *, domains: int = 200) -> str:
        return f"{name}.{number}@d{number % domains}.example"

    # Mail

    def lmtp(self) -> mail.Lmtp:
        return mail.Lmtp(self.port)

    def left(self, *stages: str) -> int:
        return int(self.value(_LEFT, [list(stages or ("distribute", "send"))]))

    def wait_empty(self, *stages: str, limit: float = 600.0) -> float:
        """Wait until the rooms are empty; return that moment (monotonic seconds)."""
        self._wait(lambda: not self.left(*stages), limit)
        return time.monotonic()

    def delivered(self) -> int:
        """Return how many recipients have an outcome `delivered`."""
        query = "SELECT sum(last - first + 1) FROM outcome WHERE state = 'delivered'"
        return int(self.value(query) or 0)

    def warm_up(self) -> None:
        """Have every pool work once, so that connections and caches are there."""
        address = self.make_list("warm", 40)
        self.analyze()
        client = self.lmtp()
        for _ in range(12):
            author = self.member("warm")
            client.send(address, author, mail.post(address, author))
        client.close()
        self.wait_empty("distribute", "send", "archive", limit=60)

    def _wait(self, condition: Callable[[], bool], limit: float) -> None:
        ends = time.monotonic() + limit
        while not condition():
            for name, child in self._children.items():
                if not child.running:
                    log = process.tail(self.directory / f"{name}.log")
                    raise RuntimeError(f"{name} ended: {log}")
            if time.monotonic() > ends:
                raise RuntimeError(f"not done within {limit:g} seconds")
            time.sleep(0.01)


@contextlib.contextmanager
def site(
    lab_: Lab,
    *,
    record: bool = False,
    workers: bool = True,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Site]:
    """Run a ListHub with all pools as configured; `record` keeps a line per copy."""
    sink = Sink(lab_.place("sink") if record else None)
    with contextlib.ExitStack() as cleared:
        cleared.callback(sink.stop)
        running = Site(lab_, sink, environment or {})
        cleared.callback(running.stop)
        running.start("intake", "intake")
        if workers:
            running.start("worker", "worker")
        running.wait_for_port(running.port)
        if workers:
            running.warm_up()
        yield running


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
