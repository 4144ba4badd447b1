"""What a Celery worker does when it is woken: drain one stage.

Each child process has one `Host`: its database connection, its connections to
relays, its nudger.  They are made after the fork and closed when the child ends.
"""

import contextlib
import functools
import logging
import os
import random
import signal
import socket
import time
from typing import Any, NoReturn

from celery import Celery, signals

from listhub import config, log
from listhub.config import Settings
from listhub.errors import TemporaryError
from listhub.stages.drain import drain
from listhub.stages.stage import Host
from listhub.stages.table import STAGES
from listhub.worker.app import TASK, make_app
from listhub.worker.heartbeat import Heart
from listhub.worker.nudge import Nudger
from listhub.worker.orphan import die_with_parent
from listhub.worker.stop import StopFlag

_log = log.get(__name__)

#: What the kernel tells a child whose parent has died; billiard has use for the others.
_ORPHANED = signal.SIGRTMIN

_NAMES = frozenset(stage.name for stage in STAGES)

#: Seconds that a child waits after the database failed before it takes a wake again.
_REST = 1.0


def host_name() -> str:
    """Return how this process signs leases and outcomes."""
    return f"{socket.gethostname()}/{os.getpid()}"


@functools.cache
def make_worker_app() -> Celery:
    """Return the application as a worker runs it, settings read from the environment."""
    settings = config.load()
    app = make_app(settings)
    Worker(settings, app)
    return app


class Worker:
    """Ties one application to the stages; keeps what belongs to a process."""

    def __init__(self, settings: Settings, app: Celery) -> None:
        self._settings = settings
        self._stop = StopFlag()
        self._busy = self._orphaned = False
        self._host: Host | None = None
        self._heart: Heart | None = None
        #: What the children serve.
        self._pools: tuple[str, ...] = ()
        #: The process that forks the children; 0 where there are none.
        self._parent = 0
        app.task(name=TASK, ignore_result=True)(self.drain)
        # Celery keeps weak references unless told otherwise.
        connect = {"weak": False}
        signals.setup_logging.connect(self._set_up_logging, **connect)
        signals.worker_process_init.connect(self._child_begins, **connect)
        signals.worker_process_shutdown.connect(self._child_ends, **connect)
        signals.worker_shutting_down.connect(self._stopping, **connect)
        signals.worker_init.connect(self._parent_begins, **connect)

    def drain(self, stage: str) -> None:
        """Empty the room of `stage`; what is left is found by the next wake or poll."""
        if stage not in _NAMES:
            # From another release; its rows are for that release's workers.
            _log.warning("wake for an unknown stage", stage=stage)
            return
        host = self._host or self._child_begins()
        self._busy = True
        try:
            settled = drain(stage, host)
        except TemporaryError as error:
            _log.warning("drain broken off", stage=stage, reason=error.reason)
            host.hang_up()
            # The database is away for everybody: no child should spin.
            time.sleep(_REST * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
        else:
            _log.debug("drained", stage=stage, settled=settled)
        finally:
            self._busy = False
            if self._orphaned:
                self._leave()

    def _set_up_logging(self, **_: Any) -> None:
        log.set_up(level=os.environ.get("LISTHUB_LOG_LEVEL", "INFO"))
        # Three lines for each wake, of which there are many, and none says anything.
        for name in (
            "celery.worker.strategy",
            "celery.worker.request",
            "celery.app.trace",
        ):
            logging.getLogger(name).setLevel(logging.WARNING)

    def _parent_begins(self, sender: Any = None, **_: Any) -> None:
        """Start the pump beside a plain `celery worker`; `listhub worker` has its own."""
        self._parent = os.getpid()
        # Its own: the pools of a supervisor come from one process, and stop one by one.
        self._stop = StopFlag()
        if sender is not None:
            self._pools = tuple(map(str, sender.app.amqp.queues.consume_from))
        if os.environ.get("LISTHUB_PUMP") == "supervised":
            return
        from listhub.worker.pump import start_beside  # noqa: PLC0415 - only here

        start_beside(self._pools)

    def _child_begins(self, **_: Any) -> Host:
        if self._parent not in {0, os.getpid()}:
            signal.signal(_ORPHANED, self._on_orphaned)
            die_with_parent(self._parent, _ORPHANED)
        nudger = Nudger(self._settings)
        self._host = Host(
            settings=self._settings,
            nudge=nudger.nudge,
            stopping=self._stop.is_set,
            name=host_name(),
        )
        pools = ", ".join(self._pools)
        self._heart = Heart([(self._host, pools)], kind="worker")
        self._heart.start()
        return self._host

    def _child_ends(self, **_: Any) -> None:
        with contextlib.suppress(Exception):
            if self._host is not None:
                self._host.close()
            if self._heart is not None:
                self._heart.stop()

    def _stopping(self, **_: Any) -> None:
        self._stop.set()

    def _on_orphaned(self, *_: object) -> None:
        """The parent was killed: give back what is claimed, then end."""
        self._orphaned = True
        # Nobody is left to end us if that takes too long: the kernel does.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, self._settings.worker.stop)
        # Its other children are orphans as well.
        self._stop.set()
        if not self._busy:
            self._leave()

    def _leave(self) -> NoReturn:
        # Not by an exception: Celery would report to a parent that is not there.
        self._child_ends()
        os._exit(0)
