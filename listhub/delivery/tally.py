"""How far many messages are, in figures: what every page of posts shows.

Counted over what is an exception, not over recipients: rows of the ledger that are no
delivery (they have an index of their own), and packets that are not settled.  The rest
was delivered.  What became of a single recipient is told by `fate`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

# Partitions from the first message on, as far as one is ever tried.
_TALLY = """
WITH message AS MATERIALIZED (
    SELECT id, recipients, created_at FROM outgoing WHERE id = ANY(%(ids)s)
), period AS MATERIALIZED (
    SELECT min(created_at) AS since, max(created_at) + interval '40 days' AS until
      FROM message
), other AS (
    SELECT packet.outgoing_id AS id,
           sum(last - first + 1) FILTER (WHERE state = 'refused') AS refused,
           sum(last - first + 1) FILTER (WHERE state = 'expired') AS expired,
           sum(last - first + 1) FILTER (WHERE state = 'possible_duplicate') AS doubled
      FROM packet JOIN outcome ON outcome.packet_id = packet.id
     WHERE packet.outgoing_id = ANY(%(ids)s) AND outcome.state <> 'delivered'
       AND outcome.at >= (SELECT since FROM period)
       AND outcome.at < (SELECT until FROM period)
     GROUP BY packet.outgoing_id
), open AS (
    SELECT packet.outgoing_id AS id,
           sum(cardinality(recipients) - done.final) FILTER (WHERE tries > 0)
               AS deferred,
           sum(cardinality(recipients) - done.final) FILTER (WHERE tries = 0)
               AS pending
      FROM packet CROSS JOIN LATERAL (
           SELECT coalesce(sum(last - first + 1), 0) AS final FROM outcome
            WHERE packet_id = packet.id AND state IN ('delivered', 'refused', 'expired')
              AND outcome.at >= (SELECT since FROM period)
              AND outcome.at < (SELECT until FROM period)) AS done
     WHERE packet.outgoing_id = ANY(%(ids)s) AND packet.settled_at IS NULL
     GROUP BY packet.outgoing_id
)
SELECT message.id, message.recipients, coalesce(other.refused, 0)::bigint,
       coalesce(other.expired, 0)::bigint, coalesce(other.doubled, 0)::bigint,
       coalesce(open.deferred, 0)::bigint, coalesce(open.pending, 0)::bigint
  FROM message LEFT JOIN other USING (id) LEFT JOIN open USING (id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many recipients a message has, and how far they are."""

    recipients: int = 0
    #: Refused for good, and given up after many tries.
    refused: int = 0
    expired: int = 0
    #: Tried, and to be tried again.
    deferred: int = 0
    #: Not tried yet.
    pending: int = 0
    #: Of those delivered: they may have had two copies.
    doubled: int = 0

    @property
    def delivered(self) -> int:
        return self.recipients - self.failed - self.waiting

    @property
    def failed(self) -> int:
        """Recipients who will get no copy."""
        return self.refused + self.expired

    @property
    def waiting(self) -> int:
        """Recipients who may still get one."""
        return self.deferred + self.pending

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            recipients=self.recipients + other.recipients,
            refused=self.refused + other.refused,
            expired=self.expired + other.expired,
            deferred=self.deferred + other.deferred,
            pending=self.pending + other.pending,
            doubled=self.doubled + other.doubled,
        )


def tallies(
    conn: "psycopg.Connection[Any]", messages: Sequence[int]
) -> Mapping[int, Tally]:
    """Return how far messages are, by their numbers, in one statement."""
    if not messages:
        return {}
    rows = conn.execute(_TALLY, {"ids": list(messages)}, binary=True)
    return {
        row[0]: Tally(
            recipients=row[1],
            refused=row[2],
            expired=row[3],
            doubled=row[4],
            deferred=row[5],
            pending=row[6],
        )
        for row in rows
    }
