"""Read an archive page by page: months, posts, threads, and what is next to a post.

Everything here is of one list; whether somebody may read it is decided before, by the
scenario `archive_web_access`.  Pages go on after the last post of the page before
(keyset), so that the hundredth costs what the first does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import class_row

from listhub.archive.hiding import hide

MOST = 200
#: Posts of one thread that are put in order; longer ones are cut.
LONGEST_THREAD = 2000
#: Characters of a text that are shown beside its post.
_EXCERPT = 240
#: Characters that are read for that: quotes come first.
_READ_FOR_EXCERPT = 4000

Conn = psycopg.Connection[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A post as lists of posts show it."""

    id: int
    permalink: str
    message_id: str
    sent_at: datetime
    author: str
    author_name: str
    subject: str
    body_id: int
    size: int
    attachments: int
    thread_id: int | None
    refs: list[str]
    archived_at: datetime

    @property
    def position(self) -> tuple[datetime, int]:
        """What a page that ends here goes on after."""
        return self.sent_at, self.id


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """A month in the time zone of the list, such as 2026-11."""

    month: str
    posts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Thread:
    """A thread among others: its first post, how many, and the last one's date."""

    first: Entry
    posts: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Neighbours:
    """What comes before and after a post, by date in the list and in its thread."""

    previous: Entry | None
    next: Entry | None
    thread_previous: Entry | None
    thread_next: Entry | None


_MONTHS = """
SELECT to_char(sent_at AT TIME ZONE %s, 'YYYY-MM') AS month, count(*) AS posts
  FROM archive_message WHERE list_id = %s GROUP BY month ORDER BY month DESC
"""
_COLUMNS = """
SELECT id, permalink, message_id, sent_at, author, author_name, subject, body_id, size,
       attachments, thread_id, refs, archived_at
  FROM archive_message
"""
_THREADS = """
WITH last AS (
    SELECT coalesce(thread_id, id) AS thread, max(sent_at) AS last_at
      FROM archive_message
     WHERE list_id = %(list_id)s AND sent_at >= %(since)s AND sent_at < %(until)s
     GROUP BY thread
)
SELECT thread, last_at FROM last
 WHERE %(after_date)s::timestamptz IS NULL
    OR (last_at, thread) < (%(after_date)s, %(after_thread)s::bigint)
 ORDER BY last_at DESC, thread DESC LIMIT %(limit)s
"""
_FIRST_OF = """
SELECT DISTINCT ON (coalesce(thread_id, id)) *,
       count(*) OVER (PARTITION BY coalesce(thread_id, id)) AS posts
  FROM archive_message
 WHERE list_id = %(list_id)s AND (thread_id = ANY(%(threads)s) OR id = ANY(%(threads)s))
 ORDER BY coalesce(thread_id, id), sent_at, id
"""
_EXCERPTS = "SELECT id, left(content, %s) FROM archive_text WHERE id = ANY(%s)"


def months(conn: Conn, list_id: int, *, timezone: str) -> list[Month]:
    """Return the months that have posts, the newest first."""
    with conn.cursor(row_factory=class_row(Month)) as cursor:
        return cursor.execute(_MONTHS, [timezone, list_id]).fetchall()


def bounds(month: str, timezone: str) -> tuple[datetime, datetime]:
    """Return when a month such as 2026-11 begins and ends; ValueError if it is none."""
    zone = ZoneInfo(timezone)
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
    last = first.month == 12
    end = first.replace(year=first.year + last, month=1 if last else first.month + 1)
    return first.astimezone(UTC), end.astimezone(UTC)


def posts(
    conn: Conn,
    list_id: int,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Return posts by date, oldest first, after a position (`Entry.position`)."""
    where, values = _where(list_id, since, until)
    if after:
        where += " AND (sent_at, id) > (%(date)s, %(id)s)"
        values |= {"date": after[0], "id": after[1]}
    return _entries(conn, f"{where} ORDER BY sent_at, id", values, limit)


def latest(
    conn: Conn,
    list_id: int,
    *,
    before: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Return the newest posts, newest first, before a position."""
    where, values = _where(list_id, None, None)
    if before:
        where += " AND (sent_at, id) < (%(date)s, %(id)s)"
        values |= {"date": before[0], "id": before[1]}
    return _entries(conn, f"{where} ORDER BY sent_at DESC, id DESC", values, limit)


def by_permalink(conn: Conn, list_id: int, permalink: str) -> Entry | None:
    """Return the post that an address names, None if there is none."""
    where = "WHERE list_id = %(list_id)s AND permalink = %(permalink)s"
    values = {"list_id": list_id, "permalink": permalink}
    found = _entries(conn, f"{where} ORDER BY id", values, 1)
    return found[0] if found else None


def was_removed(conn: Conn, list_id: int, permalink: str) -> bool:
    """Say whether a post was here and was taken out for good: 410, not 404."""
    found = conn.execute(
        "SELECT FROM archive_removed WHERE list_id = %s AND permalink = %s",
        [list_id, permalink],
    )
    return found.rowcount > 0


def thread(conn: Conn, entry: Entry, list_id: int) -> list[Entry]:
    """Return all posts of a post's thread by date; `threads.tree` puts them in order."""
    if entry.thread_id is None:
        return [entry]
    where = "WHERE list_id = %(list_id)s AND thread_id = %(thread)s"
    values: dict[str, object] = {"list_id": list_id, "thread": entry.thread_id}
    return _entries(
        conn, f"{where} ORDER BY sent_at, id", values, LONGEST_THREAD, LONGEST_THREAD
    )


def threads(
    conn: Conn,
    list_id: int,
    *,
    since: datetime,
    until: datetime,
    after: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[Thread]:
    """Return the threads in which was written in that time, the latest first.

    The next page is after (`last_at`, `first.thread_id`) of the last; `last_at` is the
    latest in that time, the number of posts is that of the whole thread.
    """
    values = {
        "list_id": list_id,
        "since": since,
        "until": until,
        "after_date": after[0] if after else None,
        "after_thread": after[1] if after else None,
        "limit": max(1, min(limit, MOST)),
    }
    last = dict(conn.execute(_THREADS, values).fetchall())
    with conn.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        rows = cursor.execute(
            _FIRST_OF, {"list_id": list_id, "threads": list(last)}
        ).fetchall()
    names = Entry.__slots__
    first = {
        row["thread_id"] or row["id"]: Thread(
            first=Entry(**{name: row[name] for name in names}),
            posts=row["posts"],
            last_at=last[row["thread_id"] or row["id"]],
        )
        for row in rows
    }
    return [first[number] for number in last if number in first]


def neighbours(conn: Conn, entry: Entry, list_id: int) -> Neighbours:
    """Return what is next to a post, by date and in its thread."""
    return Neighbours(
        previous=_next_to(conn, entry, list_id, back=True),
        next=_next_to(conn, entry, list_id),
        thread_previous=_next_to(conn, entry, list_id, back=True, in_thread=True),
        thread_next=_next_to(conn, entry, list_id, in_thread=True),
    )


def _next_to(
    conn: Conn,
    entry: Entry,
    list_id: int,
    *,
    back: bool = False,
    in_thread: bool = False,
) -> Entry | None:
    if in_thread and entry.thread_id is None:
        return None
    where, values = _where(list_id, None, None)
    where += " AND thread_id = %(thread)s" if in_thread else ""
    sign, order = ("<", "DESC") if back else (">", "ASC")
    where += f" AND (sent_at, id) {sign} (%(date)s, %(id)s)"
    values |= {"thread": entry.thread_id, "date": entry.sent_at, "id": entry.id}
    found = _entries(conn, f"{where} ORDER BY sent_at {order}, id {order}", values, 1)
    return found[0] if found else None


def excerpts(conn: Conn, ids: Sequence[int], *, addresses: bool) -> dict[int, str]:
    """Return how the texts of posts begin, by their ids, as plain text on one line."""
    rows = conn.execute(_EXCERPTS, [_READ_FOR_EXCERPT, list(ids)]).fetchall()
    return {
        number: _excerpt(text if addresses else hide(text)) for number, text in rows
    }


def _excerpt(text: str) -> str:
    """Return the first words that are not quoted."""
    lines = (line for line in text.split("\n") if not line.startswith(">"))
    words = " ".join(" ".join(lines).split())
    # Cut here and not before: half an address would not be seen to be one.
    return words if len(words) <= _EXCERPT else f"{words[:_EXCERPT].rstrip()} …"


def without_addresses(entry: Entry) -> Entry:
    """Return an entry as those may see it who may not see addresses."""
    return replace(
        entry,
        author="",
        author_name=hide(entry.author_name or entry.author),
        subject=hide(entry.subject),
        message_id="",
    )


def _where(
    list_id: int, since: datetime | None, until: datetime | None
) -> tuple[str, dict[str, object]]:
    where = ["list_id = %(list_id)s"]
    where += ["sent_at >= %(since)s"] if since else []
    where += ["sent_at < %(until)s"] if until else []
    values: dict[str, object] = {"list_id": list_id, "since": since, "until": until}
    return f"WHERE {' AND '.join(where)}", values


def _entries(
    conn: Conn,
    rest: str,
    values: dict[str, object],
    limit: int,
    most: int = MOST,
) -> list[Entry]:
    values = {**values, "limit": max(1, min(limit, most))}
    query = f"{_COLUMNS} {rest} LIMIT %(limit)s"
    with conn.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(query.encode(), values).fetchall()
