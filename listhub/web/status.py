"""The figures behind the status page, looked up once for all who ask at a time."""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from listhub import clock, db, log
from listhub.config import Database
from listhub.errors import ListHubError
from listhub.jobs import troubles
from listhub.jobs.troubles import Troubles
from listhub.spool import stats
from listhub.spool.stats import Room
from listhub.stages.table import STAGES

_log = log.get(__name__)

#: Seconds that figures are good for: a crowd of monitors costs one look.
_FRESH = 1.0

#: The page never waits longer for the database, in milliseconds.
_PATIENCE = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How things stood at `at`; no rooms: the database did not answer."""

    at: datetime
    database: bool
    rooms: tuple[Room, ...] = ()
    problems: tuple[str, ...] = ()
    #: What does not go well by the clock.
    troubles: Troubles = field(default_factory=Troubles)

    @property
    def healthy(self) -> bool:
        return self.database and not self.problems

    @property
    def oldest(self) -> float | None:
        """The longest that anything ready has waited, in seconds."""
        ages = [room.oldest for room in self.rooms if room.oldest is not None]
        return max(ages, default=None)

    @property
    def flowing(self) -> bool:
        """Whether the database answers and nothing is overdue."""
        return self.database and (self.oldest or 0.0) <= stats.LATE

    def document(self) -> dict[str, object]:
        """Return the report as JSON has it; no addresses, no subjects, no lists."""
        return {
            "at": self.at.isoformat(),
            "healthy": self.healthy,
            "database": self.database,
            "problems": list(self.problems),
            "remarks": self.troubles.remarks,
            "jobs": [asdict(job) for job in self.troubles.jobs],
            "sources": asdict(self.troubles.sources),
            "rooms": [asdict(room) for room in self.rooms],
        }


class Reporter:
    """Makes reports; may be asked by many threads."""

    def __init__(
        self, database: Database, clock_: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._clock = clock_
        self._lock = threading.Lock()
        self._last: tuple[float, Report] | None = None

    def report(self) -> Report:
        """Return how things stand, or stood less than a second ago; never raises."""
        with self._lock:
            if self._last is None or self._clock() - self._last[0] >= _FRESH:
                report = self._look()
                self._last = self._clock(), report
            return self._last[1]

    def _look(self) -> Report:
        try:
            return self._asked()
        except (ListHubError, psycopg.Error) as error:
            _log.warning("status not known", reason=str(error))
            return Report(
                at=clock.now(),
                database=False,
                problems=("The database does not answer.",),
            )

    def _asked(self) -> Report:
        conn: psycopg.Connection[Any]
        with db.connect(self._database) as conn:
            conn.execute(
                "SELECT set_config('statement_timeout', %s, true)", [str(_PATIENCE)]
            )
            return look(conn)


def look(conn: "psycopg.Connection[Any]") -> Report:
    """Return how things stand now."""
    rooms = stats.rooms(conn, [stage.name for stage in STAGES])
    by_clock = troubles.look(conn)
    return Report(
        at=clock.now(),
        database=True,
        rooms=tuple(rooms),
        problems=(*stats.problems(rooms), *by_clock.problems),
        troubles=by_clock,
    )
