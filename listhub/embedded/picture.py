"""A picture of a running system: its processes, its rooms, what was settled last.

The processes are known to whoever keeps them, who writes them down; everything else
is read from the database.  So any process may take a picture of a system in DIR.
"""

import contextlib
import dataclasses
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.rows import class_row

from listhub.embedded.kept import Condition
from listhub.embedded.private import write_private
from listhub.spool import stats
from listhub.spool.stats import Room
from listhub.stages.table import STAGES

FILE = "processes.json"

#: Copies per second are those of the last so many seconds.
_WINDOW = 5.0

#: A look may take this share of the time; on a full system it is taken less often.
_SHARE = 0.05

#: A look that takes longer, in seconds, is given up.
_TIMEOUT = 3.0

_RATE = """
SELECT coalesce(sum(last - first + 1), 0) / %(window)s FROM outcome
 WHERE state = 'delivered'
   AND at > statement_timestamp() - make_interval(secs => %(window)s)
"""

# By the newest items, which an index has, not by the newest ends, which none has.
_LAST = """
SELECT past.settled_at AS at, past.stage, past.verdict, past.note,
       coalesce(list.address, past.recipient, '') AS list
  FROM (SELECT * FROM spool_history ORDER BY item_id DESC LIMIT %(most)s) AS past
  LEFT JOIN mailing_list AS list ON list.id = past.list_id
 ORDER BY past.settled_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One verdict: when, in which room, about which list, and what it says."""

    at: datetime
    stage: str
    verdict: str
    note: str
    list: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the database says; `trouble` where it says nothing."""

    rooms: tuple[Room, ...] = ()
    #: Copies that relays took, per second.
    rate: float = 0.0
    lines: tuple[Line, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """How a system is doing at one moment."""

    figures: Figures = field(default_factory=Figures)
    processes: tuple[Condition, ...] = ()


class Eye:
    """Looks at a system's database again and again, gently."""

    def __init__(self, url: str, *, lines: int = 12) -> None:
        self._url = url
        self._most = lines
        self._conn: psycopg.Connection[Any] | None = None
        self._last = Figures()
        self._due = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._hang_up()

    def look(self) -> Figures:
        """Return the figures of now, or the last ones where looking costs too much."""
        began = time.monotonic()
        if began < self._due:
            return self._last
        try:
            self._last = self._look(self._connection())
        except psycopg.Error as error:
            self._hang_up()
            trouble = " ".join(str(error).split()) or type(error).__name__
            self._last = dataclasses.replace(self._last, trouble=trouble)
        ended = time.monotonic()
        self._due = ended + (ended - began) / _SHARE
        return self._last

    def _look(self, conn: "psycopg.Connection[Any]") -> Figures:
        rooms = stats.rooms(conn, [stage.name for stage in STAGES])
        rate = conn.execute(_RATE, {"window": _WINDOW}).fetchone()
        with conn.cursor(row_factory=class_row(Line)) as cursor:
            lines = cursor.execute(_LAST, {"most": self._most}).fetchall()
        return Figures(
            rooms=tuple(rooms), rate=float(rate[0]) if rate else 0.0, lines=tuple(lines)
        )

    def _connection(self) -> "psycopg.Connection[Any]":
        if self._conn is None or self._conn.closed:
            self._conn = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=2,
                application_name="listhub-view",
                options=f"-c statement_timeout={_TIMEOUT:g}s",
            )
        return self._conn

    def _hang_up(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None


def save_processes(directory: Path, conditions: Sequence[Condition]) -> None:
    """Write down how the processes of a system are doing, for others to read."""
    if load_processes(directory) != tuple(conditions):
        rows = [dataclasses.asdict(condition) for condition in conditions]
        write_private(directory / "run" / FILE, json.dumps(rows) + "\n")


def load_processes(directory: Path) -> tuple[Condition, ...]:
    """Return what was written down; nothing where there is nothing."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        text = (directory / "run" / FILE).read_text(encoding="utf-8")
        return tuple(Condition(**row) for row in json.loads(text))
    return ()
