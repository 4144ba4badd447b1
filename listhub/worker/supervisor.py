"""`listhub worker`: one Celery worker per pool and one pump, watched and restarted.

Everything is imported once and forked, so that the processes share what they do not
write.  A process that ends is started again, later each time it ends soon; an end of
the supervisor ends them all.
"""

import contextlib
import gc
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from listhub import log
from listhub.config import Settings
from listhub.worker import pump
from listhub.worker.app import preload
from listhub.worker.orphan import die_with_parent
from listhub.worker.tasks import make_worker_app

_log = log.get(__name__)

#: A process that lived this long may be restarted at once, in seconds.
_STEADY = 10.0

_LONGEST_PAUSE = 15.0

#: The collector looks for cycles after so many new objects: a post makes thousands,
#: hardly any of them in a cycle.
_GARBAGE = 50_000


@dataclass(slots=True)
class _Charge:
    """One process that is kept running."""

    name: str
    main: Callable[[], int]
    pid: int = 0
    started: float = 0.0
    pause: float = 0.0
    due: float = field(default=0.0)


class Supervisor:
    """Keeps the workers of some pools running on this host until it is told to stop."""

    def __init__(
        self, settings: Settings, pools: Sequence[str], *, concurrency: int
    ) -> None:
        self._settings = settings
        self._stopping = False
        self._charges = [
            _Charge(name=pool, main=partial(_celery, pool, concurrency))
            for pool in pools
        ]
        self._charges.append(_Charge(name="pump", main=partial(pump.main, pools)))

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; return 0 once every process has ended."""
        os.environ["LISTHUB_PUMP"] = "supervised"
        preload(make_worker_app())
        gc.set_threshold(_GARBAGE)
        gc.freeze()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        while not self._stopping:
            self._start_due()
            self._reap(wait=1.0)
        self._end()
        return 0

    def _on_stop(self, *_: object) -> None:
        self._stopping = True

    def _start_due(self) -> None:
        now = time.monotonic()
        for charge in self._charges:
            if not charge.pid and charge.due <= now:
                charge.pid, charge.started = _fork(charge.main), now
                _log.info("process started", name=charge.name, pid=charge.pid)

    def _reap(self, *, wait: float) -> None:
        """Wait for a child's end, at most `wait` seconds, and note it."""
        ends = time.monotonic() + wait
        while not self._stopping:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                pid, status = 0, 0
            for charge in self._charges:
                if pid and charge.pid == pid:
                    self._note_end(charge, status)
                    return
            left = ends - time.monotonic()
            if left <= 0 or (
                # A signal (SIGCHLD, SIGTERM) cuts the wait short.
                signal.sigtimedwait({signal.SIGCHLD}, min(left, 0.2)) is None
                and left <= 0.2
            ):
                return

    def _note_end(self, charge: _Charge, status: int) -> None:
        lived = time.monotonic() - charge.started
        charge.pause = (
            0.0 if lived > _STEADY else min(max(0.2, charge.pause * 2), _LONGEST_PAUSE)
        )
        charge.due = time.monotonic() + charge.pause
        _log.warning(
            "process ended",
            name=charge.name,
            pid=charge.pid,
            status=os.waitstatus_to_exitcode(status),
            restart_in=charge.pause,
        )
        charge.pid = 0

    def _end(self) -> None:
        """Ask all to finish; kill what has not after the time that is allowed."""
        ends = time.monotonic() + self._settings.worker.stop
        for charge in self._charges:
            _signal(charge.pid, signal.SIGTERM)
        while any(charge.pid for charge in self._charges):
            try:
                pid, _status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                if time.monotonic() >= ends:
                    for charge in self._charges:
                        _signal(charge.pid, signal.SIGKILL)
                signal.sigtimedwait({signal.SIGCHLD}, 0.2)
            for charge in self._charges:
                charge.pid = 0 if charge.pid == pid else charge.pid


def _signal(pid: int, number: signal.Signals) -> None:
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _fork(main: Callable[[], int]) -> int:
    """Run `main` in a child of its own process group; return its number."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        # Ctrl-C on the terminal is for the supervisor, which tells the others.
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        die_with_parent(parent)
        code = main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - a child must never return into the parent
        _log.exception("process failed")
    finally:
        os._exit(code)


def _celery(pool: str, concurrency: int) -> int:
    app = make_worker_app()
    app.Worker(
        queues=[pool],
        concurrency=concurrency,
        hostname=f"{pool}@{os.uname().nodename}",
        loglevel="WARNING",
        without_mingle=True,
        without_gossip=True,
        without_heartbeat=True,
        quiet=True,
    ).start()
    return 0
