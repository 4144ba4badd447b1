"""The archive's shelf: file posts, find them again, take them out for good."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Json

from listhub.archive import index, threading
from listhub.archive.filing import Filing
from listhub.archive.threading import lock

__all__ = ["Filing", "file", "file_many", "find", "lock", "refile", "remove", "used"]

Conn = psycopg.Connection[Any]

# `removed`: what was taken out does not come back with the next import.
_FILE = """
INSERT INTO archive_message (list_id, message_id, permalink, sequence, sent_at, author,
                             author_name, subject, body_id, size, attachments, trace,
                             refs, stem, answers)
SELECT %(list_id)s, new.message_id, new.permalink, new.sequence, new.sent_at,
       new.author, new.author_name, new.subject, new.body_id, new.size,
       new.attachments, new.trace, new.refs, new.stem, new.answers
  FROM jsonb_to_recordset(%(new)s::jsonb) AS new (
       place bigint, message_id text, permalink text, sequence bigint,
       sent_at timestamptz, author text, author_name text, subject text,
       body_id bigint, size bigint, attachments bigint, trace uuid, refs text[],
       stem text, answers bool)
 WHERE NOT EXISTS (SELECT FROM archive_removed r
                    WHERE r.list_id = %(list_id)s AND r.permalink = new.permalink)
 ORDER BY new.place
    ON CONFLICT (list_id, message_id) DO NOTHING
RETURNING id, message_id
"""
# What a newer release reads off the same bytes; date, number and address stay.
_REFILE = """
UPDATE archive_message AS post
   SET author = new.author, author_name = new.author_name, subject = new.subject,
       size = new.size, attachments = new.attachments, refs = new.refs,
       stem = new.stem, answers = new.answers
  FROM jsonb_to_recordset(%(new)s::jsonb) AS new (
       place bigint, author text, author_name text, subject text, size bigint,
       attachments bigint, refs text[], stem text, answers bool)
 WHERE post.id = new.place AND post.list_id = %(list_id)s
"""
_FIND = """
SELECT list_id, message_id, sequence, sent_at, author, author_name, subject, body_id,
       size, attachments, trace, refs, stem, answers
  FROM archive_message
 WHERE list_id = %(list_id)s
   AND (%(message_id)s::text IS NULL OR message_id = %(message_id)s)
   AND (%(since)s::timestamptz IS NULL OR sent_at >= %(since)s)
   AND (%(until)s::timestamptz IS NULL OR sent_at < %(until)s)
 ORDER BY sent_at, id
 LIMIT %(limit)s
"""
# archive_text goes with its post (ON DELETE CASCADE).
_REMOVE = """
DELETE FROM archive_message WHERE list_id = %s AND id = ANY(%s)
RETURNING permalink, thread_id
"""
_REMEMBER = """
INSERT INTO archive_removed (list_id, permalink) SELECT %s, unnest(%s::text[])
    ON CONFLICT DO NOTHING
"""
_OLDER = """
SELECT id FROM archive_message WHERE list_id = %s AND sent_at < %s
 ORDER BY sent_at LIMIT %s
"""
_USED = "SELECT coalesce(sum(size), 0)::bigint FROM archive_message WHERE list_id = %s"


def file(conn: Conn, filing: Filing, *, language: str = "en") -> bool:
    """File a post; False if the list's archive has that Message-ID, or took it out."""
    return bool(
        file_many(conn, list_id=filing.list_id, filings=[filing], language=language)
    )


def file_many(
    conn: Conn, *, list_id: int, filings: Sequence[Filing], language: str = "en"
) -> dict[str, int]:
    """File posts of one list in the caller's transaction; return the new ones' ids.

    They are given by Message-ID.  What the archive has or took out is left alone, so
    that anything can be filed twice.  `language` is the list's; some hundred at a time
    are best: nobody else files posts of the list until the transaction ends.
    """
    lock(conn, list_id)
    new = [_row(place, each) for place, each in enumerate(filings)]
    found = conn.execute(_FILE, {"list_id": list_id, "new": Json(new)}).fetchall()
    ids = {str(name): int(number) for number, name in found}
    threading.thread(conn, list_id, list(ids.values()))
    first: dict[str, Filing] = {}
    for each in filings:
        first.setdefault(each.message_id, each)
    index.put(conn, {ids[name]: first[name] for name in ids}, language=language)
    return ids


def refile(
    conn: Conn, *, list_id: int, filings: Mapping[int, Filing], language: str = "en"
) -> None:
    """Write anew what is known of filed posts, given by their ids: words and threads.

    For posts of an earlier release, and after a change of the list's language.
    """
    lock(conn, list_id)
    new = [_row(number, each) for number, each in filings.items()]
    conn.execute(_REFILE, {"list_id": list_id, "new": Json(new)})
    threading.thread(conn, list_id, list(filings))
    index.put(conn, filings, language=language)


def find(
    conn: Conn,
    *,
    list_id: int,
    message_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
) -> list[Filing]:
    """Return filed posts of a list by Message-ID or date, oldest first.

    Their text is not among what is found; it is in the body.
    """
    values = {
        "list_id": list_id,
        "message_id": message_id,
        "since": since,
        "until": until,
        "limit": limit,
    }
    return list(_filings(conn, values))


def remove(
    conn: Conn, *, list_id: int, ids: Collection[int], for_good: bool = True
) -> int:
    """Take posts out of a list's archive; return how many there were.

    Row, text and place in a thread go; the body goes with the next vacuum of bodies
    unless something else names it.  `for_good`: an import does not bring them back,
    which takes a hash of the Message-ID to know.
    """
    lock(conn, list_id)
    gone = conn.execute(_REMOVE, [list_id, list(ids)]).fetchall()
    if for_good:
        conn.execute(_REMEMBER, [list_id, [link for link, _ in gone]])
    threading.rethread(conn, list_id, {thread for _, thread in gone if thread})
    return len(gone)


def remove_older(conn: Conn, *, list_id: int, than: datetime, limit: int = 1000) -> int:
    """Take out up to `limit` posts sent before a moment; return how many."""
    ids = [each for (each,) in conn.execute(_OLDER, [list_id, than, limit])]
    return remove(conn, list_id=list_id, ids=ids, for_good=False) if ids else 0


def used(conn: Conn, list_id: int) -> int:
    """Return the octets that a list's archive takes."""
    row = conn.execute(_USED, [list_id]).fetchone()
    return int(row[0]) if row else 0


def _row(place: int, filing: Filing) -> dict[str, object]:
    return {
        "place": place,
        "message_id": filing.message_id,
        "permalink": filing.permalink,
        "sequence": filing.sequence,
        "sent_at": filing.sent_at.isoformat(),
        # NUL cannot be stored as text; the body keeps it.
        "author": _storable(filing.author),
        "author_name": _storable(filing.author_name),
        "subject": _storable(filing.subject),
        "body_id": filing.body_id,
        "size": filing.size,
        "attachments": filing.attachments,
        "trace": str(filing.trace),
        "refs": list(filing.refs),
        "stem": _storable(filing.stem),
        "answers": filing.answers,
    }


def _storable(text: str) -> str:
    return text.replace("\0", "").encode(errors="replace").decode()


def _filings(conn: Conn, values: Mapping[str, object]) -> Iterator[Filing]:
    with conn.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        for row in cursor.execute(_FIND, values):
            yield Filing(**{**row, "refs": tuple(row["refs"])})
