"""Threads, kept up to date as posts come, in whatever order they come.

Two posts are in one thread if one names the other, if both name a third (which need not
be here), or if one is an answer that names nothing and the other is the last before it
with the same subject (`WINDOW`).  So the threads of a list follow from the set of its
posts alone; a thread is known by the smallest id of its posts.

`archive_key` remembers which thread each permalink belongs to, so that filing looks up
a few keys and never a whole thread.  Only where an answer gets a better predecessor, or
a post is taken out, can a thread fall apart: it is then pieced together anew.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.archive.groups import Groups

#: An answer that names nothing belongs to what was written at most so long before it.
WINDOW = timedelta(days=30)

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('archive', %s))"
_ROWS = """
SELECT id, permalink, refs, stem, answers FROM archive_message
"""
_HAD = """
SELECT DISTINCT thread_id FROM archive_message
 WHERE id = ANY(%s) AND thread_id IS NOT NULL
"""
_KEYS = "SELECT key, thread_id FROM archive_key WHERE list_id = %s AND key = ANY(%s)"
# An answer that names nothing, and the last before it with the same subject.
_BEFORE = """
SELECT new.id, near.id, near.thread_id
  FROM archive_message AS new CROSS JOIN LATERAL (
    SELECT id, thread_id FROM archive_message
     WHERE list_id = %(list_id)s AND stem = new.stem AND stem <> ''
       AND (sent_at, permalink) < (new.sent_at, new.permalink)
       AND sent_at >= new.sent_at - %(window)s
     ORDER BY sent_at DESC, permalink DESC LIMIT 1
  ) AS near
 WHERE new.id = ANY(%(ids)s) AND new.answers
"""
# The threads of such answers that come next after a new post.
_AFTER = """
SELECT DISTINCT near.thread_id
  FROM archive_message AS new CROSS JOIN LATERAL (
    SELECT thread_id, answers FROM archive_message
     WHERE list_id = %(list_id)s AND stem = new.stem AND stem <> ''
       AND (sent_at, permalink) > (new.sent_at, new.permalink)
       AND sent_at <= new.sent_at + %(window)s
     ORDER BY sent_at, permalink LIMIT 1
  ) AS near
 WHERE new.id = ANY(%(ids)s) AND new.stem <> '' AND near.answers
   AND near.thread_id IS NOT NULL
"""
_MOVE_POSTS = """
UPDATE archive_message SET thread_id = new.thread_id
  FROM unnest(%s::bigint[], %s::bigint[]) AS new (old, thread_id)
 WHERE archive_message.thread_id = new.old
"""
_MOVE_KEYS = """
UPDATE archive_key SET thread_id = new.thread_id
  FROM unnest(%s::bigint[], %s::bigint[]) AS new (old, thread_id)
 WHERE archive_key.thread_id = new.old
"""
_SET_POSTS = """
UPDATE archive_message SET thread_id = new.thread_id
  FROM unnest(%s::bigint[], %s::bigint[]) AS new (id, thread_id)
 WHERE archive_message.id = new.id
   AND archive_message.thread_id IS DISTINCT FROM new.thread_id
"""
_SET_KEYS = """
INSERT INTO archive_key (list_id, key, thread_id)
SELECT %s, key, thread_id FROM unnest(%s::text[], %s::bigint[]) AS new (key, thread_id)
 ORDER BY key
    ON CONFLICT (list_id, key) DO UPDATE SET thread_id = excluded.thread_id
 WHERE archive_key.thread_id <> excluded.thread_id
"""

Conn = psycopg.Connection[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What threading needs to know of a post."""

    id: int
    permalink: str
    refs: list[str]
    stem: str
    answers: bool

    @property
    def keys(self) -> list[str]:
        return [self.permalink, *self.refs]


@dataclass(kw_only=True, slots=True)
class _Weave:
    """What is known while some posts are threaded; nodes are posts, threads and keys."""

    rows: dict[int, Row]
    groups: Groups = field(default_factory=Groups)


def lock(conn: Conn, list_id: int) -> None:
    """Wait until nobody else files posts of the list, until the transaction ends."""
    conn.execute(_LOCK, [list_id])


def thread(conn: Conn, list_id: int, ids: Collection[int]) -> None:
    """Give posts of a list their threads; the list is locked by the caller.

    They are new, or what is known of them has changed: their threads are then pieced
    together anew.
    """
    if ids:
        rows = _rows(conn, "WHERE id = ANY(%s) AND thread_id IS NULL", [list(ids)])
        had = conn.execute(_HAD, [list(ids)]).fetchall()
        _weave(conn, list_id, rows, apart={each for (each,) in had}, changed=ids)


def rethread(conn: Conn, list_id: int, threads: Collection[int]) -> None:
    """Piece threads together anew, such as after posts were taken out of them."""
    if threads:
        _weave(conn, list_id, [], apart=set(threads), changed=())


def _weave(
    conn: Conn,
    list_id: int,
    new: list[Row],
    *,
    apart: set[int],
    changed: Collection[int],
) -> None:
    # An answer that gets a post before it belongs no more to what was before it.
    threads = apart | _threads_after(conn, list_id, changed)
    weave = _Weave(rows={row.id: row for row in (*new, *_take_apart(conn, threads))})
    _by_names(conn, list_id, weave)
    _by_subject(conn, list_id, weave)
    _write(conn, list_id, weave)


def _threads_after(conn: Conn, list_id: int, ids: Collection[int]) -> set[int]:
    if not ids:
        return set()
    values = {"list_id": list_id, "window": WINDOW, "ids": list(ids)}
    return {thread_id for (thread_id,) in conn.execute(_AFTER, values)}


def _take_apart(conn: Conn, threads: set[int]) -> list[Row]:
    if not threads:
        return []
    conn.execute("DELETE FROM archive_key WHERE thread_id = ANY(%s)", [list(threads)])
    return _rows(conn, "WHERE thread_id = ANY(%s)", [list(threads)])


def _by_names(conn: Conn, list_id: int, weave: _Weave) -> None:
    """Join posts with what they name, and with the threads that know those names."""
    keys = {key for row in weave.rows.values() for key in row.keys}
    known = dict(conn.execute(_KEYS, [list_id, list(keys)]).fetchall())
    for row in weave.rows.values():
        weave.groups.join(("post", row.id), *(("key", key) for key in row.keys))
    for key, thread_id in known.items():
        weave.groups.join(("key", key), ("thread", thread_id))


def _by_subject(conn: Conn, list_id: int, weave: _Weave) -> None:
    """Join answers that name nothing with what stands before them."""
    ids = [row.id for row in weave.rows.values() if row.answers]
    if not ids:
        return
    values = {"list_id": list_id, "window": WINDOW, "ids": ids}
    for post, near, thread_id in conn.execute(_BEFORE, values):
        if near in weave.rows:
            weave.groups.join(("post", post), ("post", near))
        elif thread_id is not None:
            weave.groups.join(("post", post), ("thread", thread_id))


def _write(conn: Conn, list_id: int, weave: _Weave) -> None:
    posts: dict[int, int] = {}
    keys: dict[str, int] = {}
    moved: dict[int, int] = {}
    for group in weave.groups.all():
        # A thread is known by its smallest post, so its number stands for it here.
        thread_id = min(value for kind, value in group if kind != "key")
        for kind, value in group:
            if kind == "post":
                posts[value] = thread_id
            elif kind == "key":
                keys[value] = thread_id
            elif value != thread_id:
                moved[value] = thread_id
    if moved:
        for statement in (_MOVE_POSTS, _MOVE_KEYS):
            conn.execute(statement, [list(moved), list(moved.values())])
    conn.execute(_SET_POSTS, [list(posts), list(posts.values())])
    conn.execute(_SET_KEYS, [list_id, list(keys), list(keys.values())])


def _rows(conn: Conn, where: str, values: list[object]) -> list[Row]:
    query = f"{_ROWS} {where}"
    with conn.cursor(row_factory=class_row(Row)) as cursor:
        return cursor.execute(query.encode(), values).fetchall()
