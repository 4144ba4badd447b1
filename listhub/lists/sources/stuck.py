"""Sources that need somebody: stopped until an owner's word, or without an answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from listhub.lists.sources.source import Role

#: As many times a round fails before somebody is told.
FAILURES = 3

_STUCK = """
SELECT list.address AS list, sync.role, sync.state, sync.failures, sync.last_ok_at
  FROM source_sync AS sync JOIN mailing_list AS list ON list.id = sync.list_id
 WHERE list.status = 'open'
   AND (sync.state = 'stopped' OR sync.state = 'failing' AND sync.failures >= %(failures)s)
 ORDER BY sync.state DESC, list.address, sync.role LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A role of a list whose rounds do not go on."""

    list: str
    role: Role
    #: stopped: many would go, and an owner has to say so.  failing: no answer.
    state: Literal["stopped", "failing"]
    failures: int
    last_ok_at: datetime | None


def stuck(conn: "psycopg.Connection[Any]", *, limit: int = 20) -> list[Stuck]:
    """Return the first roles whose sources are stopped or keep failing."""
    values = {"failures": FAILURES, "limit": limit}
    with conn.cursor(row_factory=class_row(Stuck)) as cursor:
        return cursor.execute(_STUCK, values).fetchall()
