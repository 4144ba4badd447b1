"""What one process does: the room that it is in, and what it has done since it said so.

Counted in memory while it works, taken by the heartbeat every few seconds.  For plots
and pages only: a process that is killed takes its last seconds with it, and the truth
about every item stands in history and ledger.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

#: Ends of items.
SETTLED, RETRIED, PARKED, BURIED = "settled", "retried", "parked", "buried"

#: What recipients were answered.
DELIVERED, DEFERRED, FAILED = "delivered", "deferred", "failed"

Counts = Mapping[tuple[str, str], int]


class Tally:
    """Counts of (stage, what); one for each claimer, safe between its threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._working: tuple[str, float] | None = None

    def begin(self, stage: str) -> None:
        """Note that a room is being emptied from now on."""
        self._working = stage, self._clock()

    def end(self) -> None:
        """Note that no room is being emptied."""
        self._working = None

    def working(self) -> tuple[str, float] | None:
        """Return the room that is being emptied, and for how many seconds."""
        found = self._working
        return (found[0], self._clock() - found[1]) if found else None

    def count(self, stage: str, what: str, number: int = 1) -> None:
        """Count ends of items, or answers to recipients."""
        with self._lock:
            self._counts[stage, what] += number

    def take(self) -> Counts:
        """Return what was counted since the last time."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken

    def add(self, counts: Counts) -> None:
        """Count many at once, or again what could not be written down."""
        with self._lock:
            self._counts.update(counts)
