"""The whole system in one directory: servers, then the schema, then our programs.

    DIR/endpoints.json      where everything listens; there while the system runs
    DIR/listhub.toml        your own settings, if you put any there
    DIR/site.key            the key that signs reverse-paths
    DIR/postgres, valkey    the servers' own
    DIR/catcher/caught      the mail that was caught
    DIR/log                 what each program said
    DIR/run                 the socket of listhub-enqueue, and who is how

Each program runs in a process of its own, is started again if it ends, and dies with
us even by kill -9.  All mail and all work is in DIR/postgres: whoever starts ListHub
in the same directory again goes on where it was.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from listhub import log
from listhub.embedded import process
from listhub.embedded.broker import ValkeyServer
from listhub.embedded.endpoints import Endpoints, environment, make_secret
from listhub.embedded.kept import Condition, Keepable, Kept
from listhub.embedded.postgres import PostgresServer
from listhub.embedded.private import lock, make_private, remembered_port
from listhub.embedded.program import Program, run_once
from listhub.embedded.relay import CatchingRelay
from listhub.embedded.server import listens
from listhub.errors import UsageError
from listhub.stages.pools import POOLS

_log = log.get(__name__)

DATABASE = "listhub"

#: Seconds that our programs get to finish or give back what they hold: 10 of their
#: own (worker.stop), and some to end in.
PATIENCE = 12.0

#: sockaddr_un holds 107 octets (unix(7)), and the daemon makes `….new` first.
_LONGEST_SOCKET = 103


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run; `relay` is host:port, "" for a catching server of our own."""

    directory: Path
    relay: str = ""
    pools: tuple[str, ...] = POOLS
    concurrency: int = 1


class System:
    """Everything that runs in one directory."""

    def __init__(self, plan: Plan, *, interrupted: Callable[[], bool]) -> None:
        """`interrupted` tells during the start whether to break it off."""
        self.plan = plan
        self.directory = plan.directory
        self.endpoints: Endpoints | None = None
        self._interrupted = interrupted
        self._servers: list[Kept] = []
        self._programs: list[Kept] = []
        self._held = contextlib.ExitStack()

    def start(self) -> Endpoints | None:
        """Start everything and wait until it serves; None if that was interrupted.

        Raises UsageError where the directory or the machine do not do, TemporaryError
        where a program does not come up; nothing is left running then.
        """
        try:
            self._take_directory()
            endpoints = self._start_all()
        except BaseException:
            self.stop()
            raise
        if endpoints is None:
            self.stop()
        return endpoints

    def stop(self, *, patience: float = PATIENCE) -> None:
        """Stop everything: what works first, what it works with last."""
        if self.endpoints is not None:
            self.endpoints.remove()
        for group in (self._programs, self._servers):
            for kept in group:
                kept.tell_to_stop(patience=patience)
            for kept in group:
                kept.join()
        self._held.close()

    def kill(self) -> None:
        """End everything without patience; the next start recovers."""
        for kept in self._programs + self._servers:
            kept.kill()

    def conditions(self) -> tuple[Condition, ...]:
        """Return how every process is doing, in the order of their start."""
        return tuple(kept.condition for kept in self._servers + self._programs)

    # --- the steps -----------------------------------------------------------------

    def _take_directory(self) -> None:
        directory = self.directory = make_private(self.directory)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise UsageError(
                f"The directory {directory} is not yours to write to; choose another."
            )
        try:
            self._held.enter_context(lock(directory))
        except UsageError:
            raise UsageError(
                f"ListHub runs in {directory} already{_whose(directory)}; stop that "
                "one, or choose another directory with --dir."
            ) from None
        (directory / "endpoints.json").unlink(missing_ok=True)
        for name in ("run", "log"):
            make_private(directory / name)
        _end_leftovers(directory / "run")

    def _start_all(self) -> Endpoints | None:
        database = PostgresServer(self.directory / "postgres")
        broker = ValkeyServer(self.directory / "valkey")
        catcher = CatchingRelay(self.directory / "catcher")
        servers: list[Keepable] = [database, broker]
        if not self.plan.relay:
            servers.append(catcher)
        if not self._keep(self._servers, servers):
            return None
        endpoints = Endpoints(
            database=_make_database(database),
            broker=broker.url,
            lmtp=f"127.0.0.1:{self._port('lmtp')}",
            socket=self._socket(),
            relay=f"smtp://{self.plan.relay}" if self.plan.relay else catcher.url,
            web=f"http://127.0.0.1:{self._port('web')}",
            directory=self.directory,
            pid=os.getpid(),
        )
        self._migrate(endpoints)
        if not self._keep(self._programs, self._our_programs(endpoints)):
            return None
        endpoints.save()
        self.endpoints = endpoints
        return endpoints

    def _keep(self, group: list[Kept], programs: Sequence[Keepable]) -> bool:
        """Start these side by side and wait until all serve; False if interrupted."""
        group += [Kept(program) for program in programs]
        for kept in group:
            kept.start()
        for kept in group:
            while not kept.wait(0.1):
                if self._interrupted():
                    return False
        return not self._interrupted()

    def _port(self, name: str) -> int:
        return remembered_port(self.directory / "run" / f"port.{name}")

    def _socket(self) -> str:
        """Return the path of the pipe's socket; "" where it is too long for one."""
        path = str(self.directory / "run" / "intake.sock")
        return path if len(os.fsencode(path)) <= _LONGEST_SOCKET else ""

    def _migrate(self, endpoints: Endpoints) -> None:
        make_secret(self.directory)
        run_once(
            ["db", "upgrade"],
            log=self.directory / "log" / "db.log",
            directory=self.directory / "run",
            environment=program_environment(endpoints),
            timeout=120.0,
        )

    def _our_programs(self, endpoints: Endpoints) -> list[Program]:
        plan = self.plan
        lmtp_port = int(endpoints.lmtp.rpartition(":")[2])
        web_port = int(endpoints.web.rpartition(":")[2])
        workers = ["worker", "--pools", ",".join(plan.pools)]
        workers += ["--concurrency", str(plan.concurrency)]
        # The pump beside one worker for each pool.
        processes = len(plan.pools) + 1
        table: list[tuple[list[str], Callable[[int], bool]]] = [
            (["intake"], lambda _pid: listens(lmtp_port, send=b"NOOP\r\n")),
            (workers, lambda pid: len(process.children(pid)) >= processes),
            (["web"], lambda _pid: listens(web_port)),
        ]
        return [
            Program(
                arguments,
                directory=self.directory / "run",
                log=self.directory / "log" / f"{arguments[0]}.log",
                environment=program_environment(endpoints),
                ready=ready,
            )
            for arguments, ready in table
        ]


def program_environment(endpoints: Endpoints) -> Mapping[str, str]:
    """Return the environment in which our programs work on this system."""
    # The site's own file is for the site's servers, not for these.
    ours = process.python_environment()
    ours.pop("LISTHUB_CONFIG", None)
    return {**ours, **environment(endpoints)}


def _make_database(server: PostgresServer) -> str:
    """Return the URL of the system's database; it is made the first time."""
    with psycopg.connect(server.url(), autocommit=True) as conn:
        found = conn.execute(
            "SELECT FROM pg_database WHERE datname = %s", [DATABASE]
        ).rowcount
    return server.url(DATABASE) if found else server.create_database(DATABASE)


def _end_leftovers(run: Path) -> None:
    """Wait for the programs of a system that was killed; they are about to end."""
    programs = {Path(sys.executable).resolve().name[:15], Path(sys.executable).name}

    def left() -> list[int]:
        return [pid for pid in process.inside(run, programs) if pid != os.getpid()]

    if not process.wait_until(lambda: not left(), timeout=PATIENCE):
        process.kill_all(left())
        process.wait_until(lambda: not left(), timeout=5.0)


def _whose(directory: Path) -> str:
    with contextlib.suppress(UsageError):
        return f" (process {Endpoints.load(directory).pid})"
    return ""
