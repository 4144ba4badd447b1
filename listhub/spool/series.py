"""Figures of the last hour, minute by minute, for plots and the tables beside them.

They come from what the processes counted (`process_minute`): an hour of history is a
hundred thousand wide rows and more, an hour of counters some thousand narrow ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from listhub.spool.tally import DEFERRED, DELIVERED, FAILED, SETTLED

#: Minutes that are shown unless told.
HOUR = 60

_MINUTES = """
SELECT at.minute, counted.stage, counted.what, counted.number
  FROM generate_series(
           date_trunc('minute', statement_timestamp()) - (%(minutes)s - 1) * interval '1 min',
           date_trunc('minute', statement_timestamp()), interval '1 min') AS at (minute)
  LEFT JOIN (
       SELECT minute, stage, what, sum(number)::bigint AS number FROM process_minute
        WHERE minute > statement_timestamp() - (%(minutes)s + 1) * interval '1 min'
        GROUP BY minute, stage, what) AS counted ON counted.minute = at.minute
 ORDER BY at.minute
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What was done in each minute; the last one is not over yet."""

    minutes: tuple[datetime, ...]
    #: (stage, what) → a number for each minute; what was never counted is not in it.
    counts: dict[tuple[str, str], tuple[int, ...]]

    def settled(self, stage: str) -> tuple[int, ...]:
        """Return how many items of a stage were settled in each minute."""
        return self.counts.get((stage, SETTLED), (0,) * len(self.minutes))

    @property
    def sent(self) -> tuple[int, ...]:
        """Copies that relays took, in each minute."""
        return self._all(DELIVERED)

    @property
    def failed(self) -> tuple[int, ...]:
        """Recipients that were given up, in each minute."""
        return self._all(FAILED)

    @property
    def deferred(self) -> tuple[int, ...]:
        """Copies that relays put off, in each minute."""
        return self._all(DEFERRED)

    def _all(self, what: str) -> tuple[int, ...]:
        return _sum(
            len(self.minutes),
            (numbers for (_, name), numbers in self.counts.items() if name == what),
        )


def figures(conn: "psycopg.Connection[Any]", *, minutes: int = HOUR) -> Figures:
    """Return the figures of the last minutes, the oldest first; one statement."""
    rows = conn.execute(_MINUTES, {"minutes": minutes}).fetchall()
    at = tuple(dict.fromkeys(row[0] for row in rows))
    place = {minute: n for n, minute in enumerate(at)}
    counts: dict[tuple[str, str], list[int]] = {}
    for minute, stage, what, number in rows:
        if stage is not None:
            numbers = counts.setdefault((stage, what), [0] * len(at))
            numbers[place[minute]] = number
    return Figures(
        minutes=at, counts={key: tuple(found) for key, found in counts.items()}
    )


def _sum(length: int, each: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    total = [0] * length
    for numbers in each:
        total = [a + b for a, b in zip(total, numbers, strict=True)]
    return tuple(total)
