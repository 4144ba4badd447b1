"""Long queues: ten thousand posts that wait on five hundred lists, made in seconds."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from typing_extensions import override

from tests.held import add_moderators, hold_post
from tests.rooms import DOMAIN, Rooms, post_bytes

MOD = "mod@a.example"

_LISTS = """
INSERT INTO mailing_list (domain_id, name, address)
SELECT id, 'list' || n, 'list' || n || '@' || name
  FROM domain, generate_series(2, %s) AS n WHERE name = %s
"""
_ROLES = """
INSERT INTO role (list_id, person_id, kind)
SELECT id, %s, 'moderator' FROM mailing_list ON CONFLICT DO NOTHING
"""
# Of the posts a part is a flood: one subject, one host, few senders.
_POSTS = """
INSERT INTO request (kind, waits_for, list_id, domain_id, subject, author, person,
                     detail, body_id, message_id, reverse_path, size, spam, why, trace,
                     expires_at, created_at, author_key, stem, relay, has_attachment)
SELECT kind, waits_for, lists.id, one.domain_id, 'Subject ' || n, 'u' || n %% 900
       || '@e.example', one.person, detail, body_id, message_id || n, reverse_path,
       n * 7919 %% 100000, (ARRAY['spam', 'ham', 'unsure', NULL])[1 + n %% 4], why,
       gen_random_uuid(), now() + n %% 999 * interval '1 hour',
       now() - n * interval '1 minute', 'u' || n %% 900 || '@e.example',
       CASE WHEN n %% 3 = 0 THEN 'buy now #' ELSE 'subject ' || n %% 4000 END,
       CASE WHEN n %% 2 = 0 THEN '192.0.2.1' ELSE '198.51.100.' || n %% 200 END,
       n %% 5 = 0
  FROM request AS one, generate_series(2, %(posts)s) AS n
  JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS many
          FROM mailing_list) AS lists ON n %% lists.many = lists.place - 1
 WHERE one.id = %(one)s
"""


def fill(rooms: Rooms, *, posts: int, lists: int) -> int:
    """Let posts wait on lists that MOD moderates; return the number of the first list."""
    first = rooms.add_list()
    add_moderators(rooms, first, MOD)
    rooms.conn.execute(_LISTS, [lists, DOMAIN])
    rooms.conn.execute(_ROLES, [rooms.person(MOD)])
    one = hold_post(rooms, first, post_bytes("eve@e.example")).request_id
    rooms.conn.execute(_POSTS, {"one": one, "posts": posts})
    rooms.conn.commit()
    rooms.conn.autocommit = True
    rooms.conn.execute("VACUUM ANALYZE request, mailing_list, role")
    rooms.conn.autocommit = False
    return first


def p95(work: Callable[[], object], *, times: int = 20) -> float:
    """Return how many milliseconds some work takes, the slowest twentieth left out."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.quantiles(took, n=20)[-1]


@contextmanager
def counted(rooms: Rooms) -> Iterator[list[str]]:
    """Write down each statement of a connection."""
    seen: list[str] = []

    class Counting(psycopg.Cursor[Any]):
        @override
        def execute(self, query: Any, *given: Any, **more: Any) -> Any:
            seen.append(query.decode() if isinstance(query, bytes) else str(query))
            return super().execute(query, *given, **more)

    usual, rooms.conn.cursor_factory = rooms.conn.cursor_factory, Counting
    try:
        yield seen
    finally:
        rooms.conn.cursor_factory = usual
