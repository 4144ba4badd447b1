"""Make anew what the archive knows of its posts: threads, words, authors, subjects.

Everything is in the bodies; permalinks and dates stay.  Each batch is a transaction, so
that the archive can be read and filled meanwhile, and a run that was killed is run again.
"""

from collections.abc import Callable
from typing import Any

import psycopg

from listhub.archive import filing, store
from listhub.archive.filing import Filing

_BATCH = 200

_COUNT = "SELECT count(*) FROM archive_message WHERE list_id = %s"
_PAGE = """
SELECT post.id, post.message_id, post.sequence, post.sent_at, post.trace, post.body_id,
       body.content
  FROM archive_message AS post JOIN body ON body.id = post.body_id
 WHERE post.list_id = %(list_id)s AND post.id > %(after)s
 ORDER BY post.id LIMIT %(limit)s
"""
Tell = Callable[[int], None]


def count(conn: "psycopg.Connection[Any]", list_id: int) -> int:
    """Return how many posts a list's archive has."""
    row = conn.execute(_COUNT, [list_id]).fetchone()
    return int(row[0]) if row else 0


def reindex(
    conn: "psycopg.Connection[Any]",
    *,
    list_id: int,
    language: str,
    tell: Tell = lambda _done: None,
) -> int:
    """Make a list's index anew and return how many posts it has; `language` is its.

    `tell` is given how many are done.  The connection must not be in a transaction.
    """
    after = done = 0
    while True:
        with conn.transaction():
            values = {"list_id": list_id, "after": after, "limit": _BATCH}
            rows = conn.execute(_PAGE, values, binary=True).fetchall()
            if not rows:
                return done
            filings = {
                row[0]: _filing(row, list_id=list_id, language=language) for row in rows
            }
            store.refile(conn, filings)
        after, done = rows[-1][0], done + len(rows)
        tell(done)


def _filing(row: tuple[Any, ...], *, list_id: int, language: str) -> Filing:
    _, name, sequence, sent_at, trace, body_id, content = row
    return filing.read(
        bytes(content),
        list_id=list_id,
        body_id=body_id,
        trace=trace,
        received_at=sent_at,
        sequence=sequence,
        sent_at=sent_at,
        known_as=name,
        language=language,
    )
