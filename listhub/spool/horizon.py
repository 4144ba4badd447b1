"""A claimer's moving lower bound: below this rank there was nothing to take.

While an old snapshot is open (a dump, a forgotten session) vacuum cannot remove the
index entries of settled items, and every claim would wade through all of them from
the start.  A claimer therefore starts where its last claim ended.  That hides rows
that appear below (a better priority, an expired lease), so the bound is trusted for
a short time only, and for longer where looking from the start has proved dear.
"""

import time
from collections.abc import Callable
from datetime import datetime

#: How long the bound is trusted at least, in seconds.
TRUST = 0.25

#: Looking from the start may take this share of the time, no more.
SHARE = 0.05


class Horizon:
    """The bound of one claimer of one stage; not shared between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rank: datetime | None = None
        self._trusted_until = 0.0
        self._started = 0.0
        #: Whether the last claim looked everywhere and took all that there was.
        self.exhausted = False

    def bound(self) -> datetime | None:
        """Return the rank to start after, or None to look from the start."""
        self._started = self._clock()
        if self._started >= self._trusted_until:
            self._rank = None
        return self._rank

    def note(self, *, last: datetime | None, full: bool) -> None:
        """Learn from a claim that began with `bound`: its last rank, and was it full."""
        now = self._clock()
        self.exhausted = self._rank is None and not full
        if self._rank is None:
            cost = now - self._started
            self._trusted_until = now + max(TRUST, cost / SHARE)
        # Once the room looks empty the next claim looks everywhere.
        self._rank = last if full else None

    def forget(self) -> None:
        """Look from the start next time: something below was given back."""
        self._rank = None
