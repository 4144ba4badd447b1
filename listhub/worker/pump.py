"""The pump: looks into the rooms by itself, so that mail flows without a broker.

One process per host.  For each pool a thread looks every `worker.poll` seconds, with
jitter, and drains what has waited longer than a wake should take.  It also makes
deferred items ready when they are due and makes jobs due.  With a broker it finds
nothing to do; without one it does it all, only later.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence

import psycopg

from listhub import config, log
from listhub.config import Settings
from listhub.errors import TemporaryError
from listhub.jobs.schedule import tick
from listhub.jobs.table import JOBS
from listhub.spool import store
from listhub.stages.drain import drain
from listhub.stages.stage import Host, Nudge, Stage
from listhub.stages.table import of_pools
from listhub.worker.heartbeat import Heart
from listhub.worker.nudge import Nudger
from listhub.worker.orphan import die_with_parent

_log = log.get(__name__)

#: A ready item older than this many seconds has missed its wake.
_LATE = 0.5


class Pump:
    """Polls for some pools until `stop` is set."""

    def __init__(self, settings: Settings, pools: Sequence[str], nudge: Nudge) -> None:
        self._settings = settings
        self._pools = tuple(pools)
        self._nudge = nudge
        #: What the leases of this host's processes begin with.
        self._here = f"{socket.gethostname()}/"
        self.stop = threading.Event()

    def run(self) -> None:
        """Poll until stopped; returns when every thread has given back its claims."""
        hosts = [(self._host(pool), pool) for pool in self._pools]
        threads = [
            threading.Thread(target=self._poll, args=each, name=f"pump-{each[1]}")
            for each in hosts
        ]
        heart = Heart(hosts, kind="pump")
        heart.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        heart.stop()

    def _host(self, pool: str) -> Host:
        return Host(
            settings=self._settings,
            nudge=self._nudge,
            stopping=self.stop.is_set,
            name=f"{self._here}{os.getpid()}/{pool}",
        )

    def _poll(self, host: Host, pool: str) -> None:
        pause = self._settings.worker.poll
        while not self.stop.wait(pause * random.uniform(0.5, 1.0)):  # noqa: S311 - jitter
            try:
                for stage in of_pools((pool,)):
                    self.look(stage, host)
                pause = self._settings.worker.poll
            except (TemporaryError, psycopg.Error) as error:
                _log.warning("pump waits", pool=pool, reason=str(error))
                host.hang_up()
                pause = min(pause * 2, 10.0)
            except Exception:  # noqa: BLE001 - logged, and the loop goes on
                # A thread that ends would leave its pool without a fall-back.
                _log.exception("pump failed", pool=pool)
        host.close()

    def look(self, stage: Stage, host: Host) -> None:
        """Look into one room once, and do what nobody else does."""
        conn = host.connection()
        if stage.name == "task":
            tick(conn, JOBS)
        promoted = store.promote(conn, stage=stage.name)
        conn.commit()
        if promoted:
            self._nudge(stage.name)
        overdue = store.overdue(conn, stage=stage.name, seconds=_LATE)
        busy = overdue and store.attended(conn, stage=stage.name, host=self._here)
        conn.commit()
        if overdue:
            self._nudge(stage.name)
        # Workers of this host that are at it need no help, and no rival for relays.
        if overdue and not busy:
            drain(stage.name, host)


def main(pools: Sequence[str]) -> int:
    """Run the pump as a process until SIGTERM or SIGINT."""
    settings = config.load()
    log.set_up(level=os.environ.get("LISTHUB_LOG_LEVEL", "INFO"))
    pump = Pump(settings, pools, Nudger(settings).nudge)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: pump.stop.set())
    pump.run()
    return 0


def start_beside(pools: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a pump process that ends with this one."""
    command = [sys.executable, "-m", "listhub.worker.pump", str(os.getpid()), *pools]
    return subprocess.Popen(command)


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    raise SystemExit(main(sys.argv[2:]))
