"""Erase posts: everything that was kept of them anywhere, the archive first."""

from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.archive import store
from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists import audit
from listhub.lists.personal import gather
from listhub.lists.personal.erase import Line
from listhub.mail.address import key, parse_addr_spec
from listhub.spool import bodies

_OF_POST = "(list_id, message_id) IN (SELECT list_id, message_id FROM erased_post)"

_ARCHIVED = f"""
SELECT list_id, array_agg(id ORDER BY id) FROM archive_message
 WHERE {_OF_POST} GROUP BY list_id ORDER BY list_id
"""  # noqa: S608 - no values in it

#: What else is kept of a post: the table, what is done, what it is, the statement.
_STEPS = (
    ("attachment", "delete", "files taken out of it", "DELETE FROM {} WHERE {}"),
    ("message_topic", "delete", "its topics", "DELETE FROM {} WHERE {}"),
    ("digest_entry", "delete", "its place in a digest", "DELETE FROM {} WHERE {}"),
    ("request", "delete", "its moderation", "DELETE FROM {} WHERE {}"),
    (
        "spool_item",
        "delete",
        "work on it that waits",
        """
DELETE FROM {} WHERE {} AND stage <> 'send'
   AND (lease_until IS NULL OR lease_until < clock_timestamp())
""",
    ),
    (
        "outgoing",
        "empty",
        "copies, digests and notices that were sent with it",
        """
UPDATE {} SET head = '', body_id = NULL, body_offset = 0, treatment = '{{}}', author = ''
 WHERE trace IN (SELECT trace FROM erased_trace) AND head <> ''
   AND NOT EXISTS (SELECT FROM packet
         WHERE packet.outgoing_id = outgoing.id AND packet.settled_at IS NULL)
""",
    ),
    (
        "spool_history",
        "empty",
        "notes on its way through the rooms",
        "UPDATE {} SET note = '' WHERE {} AND note <> ''",
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Which posts: one by its Message-ID, or all of an author; of one list or of all."""

    message_id: str | None = None
    author: str | None = None
    list_id: int | None = None


def choose(
    *,
    message_id: str | None = None,
    author: str | None = None,
    list_id: int | None = None,
) -> Choice:
    """Return a choice of posts, with or without brackets; UsageError for no address."""
    if author is not None and parse_addr_spec(author.strip()) is None:
        raise UsageError(f"{shown(author)} is not an e-mail address.")
    bare = None
    if message_id is not None:
        joined = "".join(message_id.split())
        bare = joined.removeprefix("<").removesuffix(">").replace("\0", "")
    return Choice(
        message_id=bare, author=key(author) if author else None, list_id=list_id
    )


def erase(
    conn: "psycopg.Connection[Any]",
    choice: Choice,
    *,
    actor: str,
    dry_run: bool = False,
) -> list[Line]:
    """Erase posts from the archive and from everywhere else; say what was done where.

    With `dry_run` only say it.  Copies that are being sent are emptied when it is run
    again after that.
    """
    with conn.transaction(force_rollback=dry_run):
        gather.posts(
            conn,
            message_id=choice.message_id,
            author=choice.author,
            list_id=choice.list_id,
        )
        lines = [_line("archive_message", "delete", "in archives", _unarchive(conn))]
        for table, deed, about, statement in _STEPS:
            rows = conn.execute(statement.format(table, _OF_POST).encode()).rowcount
            lines.append(_line(table, deed, about, rows))
        theirs = [row[0] for row in conn.execute("SELECT id FROM erased_body")]
        rows = bodies.forget(conn, theirs)
        lines.append(_line("body", "delete", "bytes that nothing else has", rows))
        lines = [line for line in lines if line.rows]
        if lines:
            audit.note(
                conn,
                actor=actor,
                action="archive.erase",
                # An author's address would be a trace of its own.
                subject=choice.message_id or "all of an author",
                list_id=choice.list_id,
                detail={line.table: line.rows for line in lines},
            )
    return lines


def _unarchive(conn: "psycopg.Connection[Any]") -> int:
    found = conn.execute(_ARCHIVED).fetchall()
    return sum(store.remove(conn, list_id=number, ids=ids) for number, ids in found)


def _line(table: str, deed: str, about: str, rows: int) -> Line:
    return Line(table=table, deed=deed, rows=rows, about=about, why="")
