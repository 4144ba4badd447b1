"""A whole site in one directory, made of real processes that can be killed one by one.

PostgreSQL, a broker, a slow relay that remembers, `listhub intake`, and for each host a
`listhub worker` with all pools under a host name of its own.  Everything is started
from the thread that calls `start`, and dies with it.
"""

import json
import os
import secrets
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg

from listhub import db
from listhub.embedded import process
from listhub.embedded.broker import RabbitServer, ValkeyServer
from listhub.embedded.postgres import PostgresServer
from listhub.embedded.private import make_private, remembered_port
from listhub.embedded.server import listens
from listhub.stages.pools import POOLS
from tests.rooms import DOMAIN, Rooms, open_rooms
from tests.servers import SETTINGS
from tests.system.daemons import Daemon, SinkServer

#: In the environment of each process of a site: how those left behind are found.
MARK = "LISTHUB_TEST_SITE"

Broker = ValkeyServer | RabbitServer


@dataclass(frozen=True, kw_only=True, slots=True)
class ListPlan:
    """A list to be made; `verp`: one copy per transaction."""

    name: str
    members: int
    verp: bool

    @property
    def address(self) -> str:
        return f"{self.name}@{DOMAIN}"

    @property
    def people(self) -> list[str]:
        """Return the members' addresses, spread over a few domains."""
        return [f"{self.name}{n}@d{n % 7}.example" for n in range(self.members)]


LISTS = (
    ListPlan(name="one", members=1, verp=True),
    ListPlan(name="few", members=7, verp=False),
    ListPlan(name="some", members=40, verp=True),
    ListPlan(name="many", members=120, verp=False),
    ListPlan(name="crowd", members=200, verp=True),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SitePlan:
    """What to run."""

    directory: Path
    #: 'valkey', 'rabbit', or 'none': a broker that never answers.
    broker: str = "valkey"
    hosts: Sequence[str] = ("alpha", "beta")
    concurrency: int = 2
    #: Seconds that the relay takes for a content.
    pace: float = 0.02
    xverp: bool = False
    lists: Sequence[ListPlan] = LISTS
    #: Settings, "section.key" and the value as the environment holds it.
    settings: Mapping[str, str] = field(default_factory=dict)


SETTINGS_OF_SITES = {
    "spool.lease": "4",
    "spool.retry_base": "0.5",
    "worker.poll": "0.3",
    "worker.drain": "5",
    "delivery.connections": "4",
    "delivery.connect_timeout": "5",
    "delivery.reply_timeout": "10",
    "delivery.data_timeout": "10",
    "packets.recipients": "10",
    "packets.verp_recipients": "20",
    "database.idle_timeout": "20",
}


class Site:
    """The processes of a site; `broker` may be brought along, running."""

    def __init__(
        self, plan: SitePlan, *, broker: Broker | None = None, broker_url: str = ""
    ) -> None:
        """`broker_url` goes to our programs in the place of the broker's own."""
        self.plan = plan
        self.directory = make_private(plan.directory)
        self.postgres = PostgresServer(self.directory / "postgres", settings=SETTINGS)
        self.sink = SinkServer(
            self.directory / "sink", pace=plan.pace, xverp=plan.xverp
        )
        self._brought = broker is not None
        self.broker = broker or self._make_broker()
        self._broker_url = broker_url
        self.url = ""
        self.lmtp_port = 0
        self.environment: Mapping[str, str] = {}
        self.intake: Daemon | None = None
        self.workers: dict[str, Daemon] = {}

    def _make_broker(self) -> Broker | None:
        where = self.directory / "broker"
        if self.plan.broker == "valkey":
            return ValkeyServer(where)
        return RabbitServer(where) if self.plan.broker == "rabbit" else None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(self) -> None:
        """Start everything, make the lists, and wait until it serves."""
        for name in ("log", "run"):
            make_private(self.directory / name)
        self.lmtp_port = remembered_port(self.directory / "run" / "port.lmtp")
        self.start_servers()
        self.url = self.postgres.create_database("site")
        db.upgrade(self.url)
        self.environment = self._environment()
        with self.rooms() as rooms:
            for each in self.plan.lists:
                rooms.add_list(
                    each.name,
                    members=each.people,
                    send="public",
                    verp_rate=100 if each.verp else 0,
                    posts_per_day=0,
                    repeats_per_day=0,
                )
        self.intake = self._daemon("intake", ["intake"], ready=self._takes_mail)
        for host in self.plan.hosts:
            arguments = ["worker", "--concurrency", str(self.plan.concurrency)]
            self.workers[host] = self._daemon(
                f"worker-{host}", arguments, ready=_forked, host=host
            )
        for daemon in self.daemons:
            daemon.start(wait=False)
        for daemon in self.daemons:
            daemon.start()

    def start_servers(self) -> None:
        """Start whichever server does not run."""
        self.postgres.start()
        self.sink.start()
        if self.broker is not None:
            self.broker.start()

    @property
    def daemons(self) -> list[Daemon]:
        intake = [self.intake] if self.intake else []
        return [*intake, *self.workers.values()]

    @property
    def socket(self) -> str:
        return str(self.directory / "run" / "intake.sock")

    @property
    def intake_pid(self) -> int:
        """Return the process id of the daemon that takes mail, 0 if it does not run."""
        return (self.intake.pid if self.intake else None) or 0

    def tend(self, *, wait: bool = False) -> None:
        """Start again what has ended."""
        self.start_servers()
        for daemon in self.daemons:
            daemon.start(wait=wait)

    def stop_workers(self, *, timeout: float = 12.0) -> bool:
        """Tell all workers to stop; True if all did in time (seconds)."""
        ends = time.monotonic() + timeout
        for daemon in self.workers.values():
            if daemon.pid:
                os.kill(daemon.pid, signal.SIGTERM)
        obeyed = [
            daemon.stop(timeout=max(0.1, ends - time.monotonic()))
            for daemon in self.workers.values()
        ]
        return all(obeyed)

    def end(self) -> None:
        """End everything without patience."""
        for daemon in self.daemons:
            daemon.kill()
        process.kill_all(self.ours())
        self.sink.kill()
        if self.broker is not None and not self._brought:
            self.broker.kill()
        self.postgres.kill()

    def ours(self) -> list[int]:
        """Return the ids of all processes of this site's daemons, even orphans."""
        found = []
        for one in psutil.process_iter():
            try:
                if one.environ().get(MARK) == str(self.directory) and _lives(one):
                    found.append(one.pid)
            except psutil.Error:
                continue
        return found

    @contextmanager
    def rooms(self) -> Iterator[Rooms]:
        """Open the site's spool for tests."""
        with open_rooms(self.url) as rooms:
            yield rooms

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query, over a connection of its own."""
        with psycopg.connect(self.url, connect_timeout=5) as conn:
            return conn.execute(query.encode(), values).fetchall()

    def transactions(self) -> list[dict[str, Any]]:
        """Return what the relay has accepted, in its order."""
        if not self.sink.record.exists():
            return []
        # A last line that is being written is left out.
        lines = self.sink.record.read_bytes().rpartition(b"\n")[0].splitlines()
        return [json.loads(line) for line in lines]

    def _daemon(self, name: str, arguments: list[str], **more: Any) -> Daemon:
        return Daemon(
            name,
            arguments,
            directory=self.directory,
            environment=self.environment,
            **more,
        )

    def _takes_mail(self, _pid: int) -> bool:
        return listens(self.lmtp_port, send=b"NOOP\r\n")

    def _environment(self) -> dict[str, str]:
        settings = {
            **SETTINGS_OF_SITES,
            "database.url": self.url,
            "broker.url": self._broker_url or self._broker(),
            "intake.host": "127.0.0.1",
            "intake.port": str(self.lmtp_port),
            "intake.socket": self.socket,
            "delivery.relays": json.dumps([self.sink.url]),
            "dns.enabled": "false",
            "site.secret": secrets.token_hex(32),
            **self.plan.settings,
        }
        own = {
            key: text
            for key, text in process.python_environment().items()
            if not key.startswith("LISTHUB_")
        }
        ours = {
            f"LISTHUB_{key.upper().replace('.', '__')}": text
            for key, text in settings.items()
        }
        ours["LISTHUB_CONFIG"] = os.devnull
        return {**own, **ours, MARK: str(self.directory)}

    def _broker(self) -> str:
        if self.broker is not None:
            return self.broker.url
        port = remembered_port(self.directory / "run" / "port.nobody")
        return f"redis://127.0.0.1:{port}/0"


def _forked(pid: int) -> bool:
    return len(process.children(pid)) > len(POOLS)


def _lives(one: psutil.Process) -> bool:
    # What the MTA has started is its own.
    pipe = any("enqueue" in word for word in one.cmdline())
    return not pipe and one.status() != psutil.STATUS_ZOMBIE
