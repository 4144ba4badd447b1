"""A list in an archive, and posts to file in it."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from listhub.archive import filing, store
from listhub.archive.filing import Filing
from listhub.spool import bodies

Conn = psycopg.Connection[Any]
BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TRACE = uuid.UUID(int=7)


def add_list(conn: Conn, name: str = "dev") -> int:
    """Make a list in a domain of its own; return its number."""
    row = conn.execute(
        "WITH new AS (INSERT INTO domain (name) VALUES (%s) RETURNING id)"
        " INSERT INTO mailing_list (domain_id, name, address)"
        " SELECT id, %s, %s FROM new RETURNING id",
        [f"{name}.example", name, f"{name}@{name}.example"],
    ).fetchone()
    assert row is not None
    return int(row[0])


def post(
    name: str,
    *,
    subject: str = "A question",
    hours: float = 0,
    refs: Sequence[str] = (),
    author: str = "Ann Lee <ann@a.example>",
    body: str = "Hello, how are you?",
    head: str = "",
) -> bytes:
    """Return a post whose Message-ID is `name`@m, so many hours after the beginning."""
    date = (BEGAN + timedelta(hours=hours)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    named = "".join(f" <{ref}@m>" for ref in refs)
    references = f"References:{named}\r\n" if refs else ""
    return (
        f"From: {author}\r\nSubject: {subject}\r\nDate: {date}\r\n"
        f"Message-ID: <{name}@m>\r\n{references}{head}\r\n{body}\r\n"
    ).encode()


def file_posts(
    conn: Conn, list_id: int, posts: Sequence[bytes], *, language: str = "en"
) -> dict[str, int]:
    """File posts as an import does; return the ids of the new ones by Message-ID."""
    return file_filings(
        conn, [read(conn, list_id, raw, language=language) for raw in posts]
    )


def file_filings(conn: Conn, filings: Sequence[Filing]) -> dict[str, int]:
    """File what was read; return the ids of what is new by Message-ID."""
    numbers = store.file_many(conn, filings)
    return {
        filed.message_id: number
        for filed, number in zip(filings, numbers, strict=True)
        if number is not None
    }


def read(conn: Conn, list_id: int, raw: bytes, *, language: str = "en") -> Filing:
    """Store a body and return what is filed of it."""
    digest = bodies.digest(raw)
    body_id = bodies.store(conn, [(digest, raw)])[digest]
    return filing.read(
        raw,
        list_id=list_id,
        body_id=body_id,
        trace=TRACE,
        received_at=BEGAN + timedelta(days=365),
        language=language,
    )


def threads(conn: Conn, list_id: int) -> set[frozenset[str]]:
    """Return the threads of a list, each as the Message-IDs of its posts."""
    rows = conn.execute(
        "SELECT array_agg(message_id), min(id) = thread_id FROM archive_message"
        " WHERE list_id = %s GROUP BY thread_id",
        [list_id],
    ).fetchall()
    # A thread is known by its smallest post.
    assert all(named for _, named in rows)
    return {frozenset(posts) for posts, _ in rows}
