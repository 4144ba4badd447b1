"""The archive's shelf: file a post, find it again."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.mail.transforms.context import permalink

_FILE = """
INSERT INTO archive_message (list_id, message_id, permalink, sequence, sent_at, author,
                             subject, body_id, trace)
VALUES (%(list_id)s, %(message_id)s, %(permalink)s, %(sequence)s, %(sent_at)s,
        %(author)s, %(subject)s, %(body_id)s, %(trace)s)
    ON CONFLICT (list_id, message_id) DO NOTHING
"""

_FIND = """
SELECT archive_message.list_id, message_id, sequence, sent_at, author, subject,
       body_id, trace
  FROM archive_message
 WHERE list_id = %(list_id)s
   AND (%(message_id)s::text IS NULL OR message_id = %(message_id)s)
   AND (%(since)s::timestamptz IS NULL OR sent_at >= %(since)s)
   AND (%(until)s::timestamptz IS NULL OR sent_at < %(until)s)
 ORDER BY sent_at, id
 LIMIT %(limit)s
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Filing:
    """One post as the archive knows it; its bytes are the body."""

    list_id: int
    message_id: str
    sequence: int | None
    sent_at: datetime
    author: str
    subject: str
    body_id: int
    trace: uuid.UUID


def file(conn: "psycopg.Connection[Any]", filing: Filing) -> bool:
    """File a post; False if the list's archive has that Message-ID already."""
    return (
        conn.execute(
            _FILE,
            {
                "list_id": filing.list_id,
                "message_id": filing.message_id,
                "permalink": permalink(filing.message_id),
                "sequence": filing.sequence,
                "sent_at": filing.sent_at,
                # NUL cannot be stored as text; the body keeps it.
                "author": filing.author.replace("\0", ""),
                "subject": filing.subject.replace("\0", ""),
                "body_id": filing.body_id,
                "trace": filing.trace,
            },
        ).rowcount
        == 1
    )


def find(
    conn: "psycopg.Connection[Any]",
    *,
    list_id: int,
    message_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
) -> list[Filing]:
    """Return filed posts of a list by Message-ID or date, oldest first."""
    with conn.cursor(row_factory=class_row(Filing)) as cursor:
        return cursor.execute(
            _FIND,
            {
                "list_id": list_id,
                "message_id": message_id,
                "since": since,
                "until": until,
                "limit": limit,
            },
        ).fetchall()
