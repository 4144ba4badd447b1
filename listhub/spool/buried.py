"""The inbox of failures: what is buried, grouped by stage and by what went wrong.

A group is acted upon as a whole by `orders.carry_out_on` with the filter that it gives.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.spool.chosen import Filter

# The newest one is the example: with the release of today, and still there.
_GROUPS = """
SELECT found.*, split_part(coalesce(item.reason, ''), E'\\n', 1) AS example
  FROM (SELECT stage, coalesce(error, '') AS error, count(*) AS items,
               count(DISTINCT list_id) AS lists, max(attempts) AS attempts,
               min(coalesce(since, created_at)) AS first,
               max(coalesce(since, created_at)) AS last, max(id) AS newest
          FROM spool_item WHERE state = 'buried'
         GROUP BY stage, coalesce(error, '')) AS found
  JOIN spool_item AS item ON item.id = found.newest
 ORDER BY items DESC, last DESC, stage, error LIMIT %(limit)s
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Buried items of one stage with one error."""

    stage: str
    #: What the errors have in common: `errors.alike`.
    error: str
    items: int
    #: How many lists they are of.
    lists: int
    #: The most attempts that one of them has had.
    attempts: int
    #: When the first and the last of them was buried.
    first: datetime
    last: datetime
    #: The newest item: its number, and its error in full.
    newest: int
    example: str

    @property
    def filter(self) -> Filter:
        """What chooses the items of this group, as many as there were."""
        return Filter(
            stage=self.stage, state="buried", error=self.error, upto=self.newest
        )


def groups(conn: "psycopg.Connection[Any]", *, limit: int = 200) -> list[Group]:
    """Return the groups of what is buried, the largest first; one statement."""
    with conn.cursor(row_factory=class_row(Group)) as cursor:
        return cursor.execute(_GROUPS, {"limit": limit}).fetchall()
