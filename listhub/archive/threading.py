"""Threads, kept up to date as posts come, in whatever order they come.

Two posts are in one thread if one names the other, if both name a third (which need not
be here), or if one is an answer that names nothing and the other is the last before it
with the same subject (`WINDOW`).  So the threads of a list follow from the set of its
posts alone; a thread is known by the smallest id of its posts.

`archive_key` remembers which thread each permalink belongs to, so that filing looks up
a few keys and never a whole thread.  Only where an answer gets a better predecessor, or
a post is taken out, can a thread fall apart: it is then pieced together anew.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.archive.groups import Groups

#: An answer that names nothing belongs to what was written at most so long before it.
WINDOW = timedelta(days=30)

_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended('archive', list_id))
  FROM unnest(%s::bigint[]) AS list (list_id)
"""
_ROWS = """
SELECT id, list_id, permalink, refs, stem, answers, thread_id FROM archive_message
"""
_KEYS = """
SELECT list_id, key, thread_id
  FROM archive_key
  JOIN unnest(%s::bigint[], %s::text[]) AS named (list_id, key) USING (list_id, key)
"""
# An answer that names nothing, and the last before it with the same subject.
_BEFORE = """
SELECT new.id, near.id, near.thread_id
  FROM archive_message AS new CROSS JOIN LATERAL (
    SELECT id, thread_id FROM archive_message
     WHERE list_id = new.list_id AND stem = new.stem AND stem <> ''
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
     WHERE list_id = new.list_id AND stem = new.stem AND stem <> ''
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
"""
_SET_KEYS = """
INSERT INTO archive_key (list_id, key, thread_id)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[])
 ORDER BY 1, 2
    ON CONFLICT (list_id, key) DO UPDATE SET thread_id = excluded.thread_id
"""

Conn = psycopg.Connection[Any]
#: A permalink in a list.
Key = tuple[int, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What threading needs to know of a post."""

    id: int
    list_id: int
    permalink: str
    refs: Sequence[str]
    stem: str
    answers: bool
    #: As it is stored; None until the post was threaded.
    thread_id: int | None

    @property
    def keys(self) -> list[Key]:
        return [(self.list_id, name) for name in (self.permalink, *self.refs)]


@dataclass(kw_only=True, slots=True)
class _Weave:
    """What is known while some posts are threaded; nodes are posts, threads and keys."""

    rows: dict[int, Row]
    known: dict[Key, int] = field(default_factory=dict)
    groups: Groups = field(default_factory=Groups)


def lock(conn: Conn, lists: Collection[int]) -> None:
    """Wait until nobody else files posts of these lists; until the transaction ends."""
    if lists:
        # Always in the same order: two never wait for each other in a ring.
        conn.execute(_LOCK, [sorted(lists)])


def thread(conn: Conn, new: Sequence[Row]) -> None:
    """Give new posts their threads; their lists are locked by the caller."""
    if new:
        _weave(conn, new, changed=[row.id for row in new])


def thread_anew(conn: Conn, ids: Collection[int]) -> None:
    """Piece the threads of posts together anew, since what is known of them changed."""
    rows = _rows(conn, "WHERE id = ANY(%s)", [list(ids)])
    new = [row for row in rows if row.thread_id is None]
    threads = {row.thread_id for row in rows if row.thread_id is not None}
    _weave(conn, new, apart=threads, changed=ids)


def rethread(conn: Conn, threads: Collection[int]) -> None:
    """Piece threads together anew, such as after posts were taken out of them."""
    if threads:
        _weave(conn, [], apart=threads)


def _weave(
    conn: Conn,
    new: Sequence[Row],
    *,
    apart: Collection[int] = (),
    changed: Collection[int] = (),
) -> None:
    # An answer that gets a post before it belongs no more to what was before it.
    threads = _threads_after(conn, changed).union(apart) - {row.id for row in new}
    weave = _Weave(rows={row.id: row for row in (*new, *_take_apart(conn, threads))})
    _by_names(conn, weave)
    _by_subject(conn, weave)
    _write(conn, weave)


def _threads_after(conn: Conn, ids: Collection[int]) -> set[int]:
    if not ids:
        return set()
    values = {"window": WINDOW, "ids": list(ids)}
    return {thread_id for (thread_id,) in conn.execute(_AFTER, values)}


def _take_apart(conn: Conn, threads: Collection[int]) -> list[Row]:
    if not threads:
        return []
    conn.execute("DELETE FROM archive_key WHERE thread_id = ANY(%s)", [list(threads)])
    return _rows(conn, "WHERE thread_id = ANY(%s)", [list(threads)])


def _by_names(conn: Conn, weave: _Weave) -> None:
    """Join posts with what they name, and with the threads that know those names."""
    keys = list({key for row in weave.rows.values() for key in row.keys})
    named = [[list_id for list_id, _ in keys], [name for _, name in keys]]
    for list_id, name, thread_id in conn.execute(_KEYS, named):
        weave.known[list_id, name] = thread_id
    for row in weave.rows.values():
        weave.groups.join(("post", row.id), *(("key", key) for key in row.keys))
    for key, thread_id in weave.known.items():
        weave.groups.join(("key", key), ("thread", thread_id))


def _by_subject(conn: Conn, weave: _Weave) -> None:
    """Join answers that name nothing with what stands before them."""
    ids = [row.id for row in weave.rows.values() if row.answers]
    if not ids:
        return
    for post, near, thread_id in conn.execute(_BEFORE, {"window": WINDOW, "ids": ids}):
        if near in weave.rows:
            weave.groups.join(("post", post), ("post", near))
        elif thread_id is not None:
            weave.groups.join(("post", post), ("thread", thread_id))


def _write(conn: Conn, weave: _Weave) -> None:
    """Store what is not as it was."""
    posts: dict[int, int] = {}
    keys: dict[Key, int] = {}
    moved: dict[int, int] = {}
    for group in weave.groups.all():
        # A thread is known by its smallest post, so its number stands for it here.
        thread_id = min(value for kind, value in group if kind != "key")
        for kind, value in group:
            if kind == "post" and weave.rows[value].thread_id != thread_id:
                posts[value] = thread_id
            elif kind == "key" and weave.known.get(value) != thread_id:
                keys[value] = thread_id
            elif kind == "thread" and value != thread_id:
                moved[value] = thread_id
    if moved:
        for statement in (_MOVE_POSTS, _MOVE_KEYS):
            conn.execute(statement, [list(moved), list(moved.values())])
    if posts:
        conn.execute(_SET_POSTS, [list(posts), list(posts.values())])
    if keys:
        lists, names = zip(*keys, strict=True)
        conn.execute(_SET_KEYS, [list(lists), list(names), list(keys.values())])


def _rows(conn: Conn, where: str, values: list[object]) -> list[Row]:
    query = f"{_ROWS} {where}"
    with conn.cursor(row_factory=class_row(Row)) as cursor:
        return cursor.execute(query.encode(), values).fetchall()
