"""Wake pools after a commit: coalesced, in the background, never failing the caller.

A flood of inserts is a handful of wakes: while one for a stage has just gone out, the
next waits for a moment and stands for all that came meanwhile.
"""

import threading
import time

from celery import Celery

from listhub import log
from listhub.config import Settings
from listhub.stages.pools import POOL_OF
from listhub.worker.app import TASK, make_app

#: Least time between two wakes of one stage from one process, in seconds.
GAP = 0.1

#: The same where nobody waits for the work and many items at once cost far less each.
#: The pump must not take them for overdue meanwhile.
LONG_GAP = 0.4
PATIENT = frozenset({"archive", "bounce"})

#: After a failure the broker is left alone for this long, in seconds.
REST = 2.0

_log = log.get(__name__)


class Nudger:
    """Sends wakes from a thread of its own, started with the first nudge."""

    def __init__(self, settings: Settings) -> None:
        self._app: Celery = make_app(settings)
        self._expiry = settings.broker.wake_expiry
        self._wanted: set[str] = set()
        self._last: dict[str, float] = {}
        self._bell = threading.Condition()
        self._thread: threading.Thread | None = None

    def nudge(self, stage: str) -> None:
        """Have the pool of `stage` look into its room soon; returns at once."""
        with self._bell:
            self._wanted.add(stage)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="nudger", daemon=True
                )
                self._thread.start()
            self._bell.notify()

    def _run(self) -> None:
        while True:
            with self._bell:
                while not self._wanted:
                    self._bell.wait()
                stage = min(self._wanted, key=self._due)
                wait = self._due(stage) - time.monotonic()
                if wait > 0:
                    self._bell.wait(wait)
                    continue
                self._wanted.discard(stage)
                self._last[stage] = time.monotonic()
            self._send(stage)

    def _due(self, stage: str) -> float:
        gap = LONG_GAP if stage in PATIENT else GAP
        return self._last.get(stage, 0.0) + gap

    def _send(self, stage: str) -> None:
        try:
            self._app.send_task(
                TASK,
                args=(stage,),
                queue=POOL_OF[stage],
                expires=self._expiry,
                ignore_result=True,
                retry=False,
            )
        except Exception as error:  # noqa: BLE001 - a lost wake is only latency
            _log.warning("wake lost", stage=stage, reason=str(error))
            with self._bell:
                # The rooms are polled meanwhile; what is wanted then, is then.
                self._wanted.clear()
                self._last = dict.fromkeys(self._last, time.monotonic() + REST)
