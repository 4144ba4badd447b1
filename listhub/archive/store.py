"""The archive's shelf: file posts, find them again, take them out for good."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg

from listhub.archive import index, threading
from listhub.archive.filing import Filing
from listhub.archive.threading import lock

__all__ = ["Filing", "file", "file_many", "find", "lock", "refile", "remove", "used"]

Conn = psycopg.Connection[Any]

_IDS = """
SELECT nextval(pg_get_serial_sequence('archive_message', 'id'))
  FROM generate_series(1, %s)
"""
# `removed`: what was taken out does not come back with the next import.  Each post is
# at first a thread of its own.
_FILE = """
INSERT INTO archive_message (id, list_id, message_id, permalink, sequence, sent_at,
                             author, author_name, subject, body_id, size, attachments,
                             trace, refs, stem, answers, thread_id)
OVERRIDING SYSTEM VALUE
SELECT new.id, new.list_id, new.message_id, new.permalink, new.sequence, new.sent_at,
       new.author, new.author_name, new.subject, new.body_id, new.size,
       new.attachments, new.trace, new.refs, new.stem, new.answers, new.id
  FROM json_to_recordset(%s::json) AS new (
       id bigint, list_id bigint, message_id text, permalink text, sequence bigint,
       sent_at timestamptz, author text, author_name text, subject text,
       body_id bigint, size bigint, attachments bigint, trace uuid, refs text[],
       stem text, answers bool)
 WHERE NOT EXISTS (SELECT FROM archive_removed r
                    WHERE r.list_id = new.list_id AND r.permalink = new.permalink)
 ORDER BY new.id
    ON CONFLICT (list_id, message_id) DO NOTHING
RETURNING id
"""
# What a newer release reads off the same bytes; date, number and address stay.
_REFILE = """
UPDATE archive_message AS post
   SET author = new.author, author_name = new.author_name, subject = new.subject,
       size = new.size, attachments = new.attachments, refs = new.refs,
       stem = new.stem, answers = new.answers
  FROM json_to_recordset(%s::json) AS new (
       id bigint, author text, author_name text, subject text, size bigint,
       attachments bigint, refs text[], stem text, answers bool)
 WHERE post.id = new.id
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


def file(conn: Conn, filing: Filing) -> bool:
    """File a post; False if the list's archive has that Message-ID, or took it out."""
    return file_many(conn, [filing]) != [None]


def file_many(conn: Conn, filings: Sequence[Filing]) -> list[int | None]:
    """File posts in the caller's transaction; return the id of each that is new.

    What the archive has or took out is left alone, so that anything can be filed twice.
    Some hundred at a time are best: from when their words are written until the
    transaction ends nobody else files posts of these lists.
    """
    if not filings:
        return []
    ids = [number for (number,) in conn.execute(_IDS, [len(filings)])]
    given = dict(zip(ids, filings, strict=True))
    # First of all, since it takes longest and nobody has to wait for it.
    index.put(conn, given)
    lock(conn, {each.list_id for each in filings})
    new = {number for (number,) in conn.execute(_FILE, [_rows(given)])}
    index.drop(conn, given.keys() - new)
    threading.thread(conn, [_thread_row(each, given[each]) for each in sorted(new)])
    return [number if number in new else None for number in ids]


def refile(conn: Conn, filings: Mapping[int, Filing]) -> None:
    """Write anew what is known of filed posts, given by their ids: words and threads.

    For posts of an earlier release, and after a change of the list's language.
    """
    lock(conn, {each.list_id for each in filings.values()})
    conn.execute(_REFILE, [_rows(filings)])
    threading.thread_anew(conn, list(filings))
    index.put(conn, filings)


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
    lock(conn, [list_id])
    gone = conn.execute(_REMOVE, [list_id, list(ids)]).fetchall()
    if for_good:
        conn.execute(_REMEMBER, [list_id, [link for link, _ in gone]])
    threading.rethread(conn, {thread for _, thread in gone if thread})
    return len(gone)


def remove_older(conn: Conn, *, list_id: int, than: datetime, limit: int = 1000) -> int:
    """Take out up to `limit` posts sent before a moment; return how many."""
    ids = [each for (each,) in conn.execute(_OLDER, [list_id, than, limit])]
    return remove(conn, list_id=list_id, ids=ids, for_good=False) if ids else 0


def used(conn: Conn, list_id: int) -> int:
    """Return the octets that a list's archive takes."""
    row = conn.execute(_USED, [list_id]).fetchone()
    return int(row[0]) if row else 0


def _rows(filings: Mapping[int, Filing]) -> str:
    rows = [_row(number, each) for number, each in filings.items()]
    return json.dumps(rows, ensure_ascii=False)


def _row(number: int, filing: Filing) -> dict[str, object]:
    return {
        "id": number,
        "list_id": filing.list_id,
        "message_id": filing.message_id,
        "permalink": filing.permalink,
        "sequence": filing.sequence,
        "sent_at": filing.sent_at.isoformat(),
        "author": filing.author,
        "author_name": filing.author_name,
        "subject": filing.subject,
        "body_id": filing.body_id,
        "size": filing.size,
        "attachments": filing.attachments,
        "trace": str(filing.trace),
        "refs": filing.refs,
        "stem": filing.stem,
        "answers": filing.answers,
    }


def _thread_row(number: int, filing: Filing) -> threading.Row:
    return threading.Row(
        id=number,
        list_id=filing.list_id,
        permalink=filing.permalink,
        refs=filing.refs,
        stem=filing.stem,
        answers=filing.answers,
        thread_id=number,
    )


def _filings(conn: Conn, values: Mapping[str, object]) -> Iterator[Filing]:
    with conn.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        for row in cursor.execute(_FIND, values):
            yield Filing(**{**row, "refs": tuple(row["refs"])})
