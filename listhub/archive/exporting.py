"""Write a list's archive as one mbox, oldest post first, in bounded memory."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from listhub.archive.reading import mbox

_AT_ONCE = 500
#: Octets of the posts that are held at once, but for a single large one.
_OCTETS = 16 << 20

# Sizes first: some hundred large posts at once would fill the memory.
_PAGE = """
SELECT post.sent_at, post.id, post.author, post.body_id, body.size
  FROM archive_message AS post JOIN body ON body.id = post.body_id
 WHERE post.list_id = %(list_id)s AND (post.sent_at, post.id) > (%(at)s, %(id)s)
   AND (%(until)s::timestamptz IS NULL OR post.sent_at < %(until)s)
 ORDER BY post.sent_at, post.id LIMIT %(limit)s
"""
_BODIES = "SELECT id, content FROM body WHERE id = ANY (%s)"


class _Post(NamedTuple):
    sent_at: datetime
    id: int
    author: str
    body_id: int
    size: int


def export(
    conn: "psycopg.Connection[Any]",
    *,
    list_id: int,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[bytes]:
    """Yield posts sent from `since` on and before `until` as mboxrd, one at a time.

    The reader may be slow, so no transaction is open while it has a piece; a post that
    is taken out meanwhile is left out.
    """
    at, number = since or datetime.min.replace(tzinfo=UTC), 0
    while True:
        values = {
            "list_id": list_id,
            "at": at,
            "id": number,
            "until": until,
            "limit": _AT_ONCE,
        }
        page = [_Post._make(row) for row in conn.execute(_PAGE, values)]
        if not page:
            conn.commit()
            return
        at, number = page[-1].sent_at, page[-1].id
        for posts in _groups(page):
            found = conn.execute(_BODIES, [[p.body_id for p in posts]], binary=True)
            raws = {row[0]: bytes(row[1]) for row in found}
            conn.commit()
            for post in posts:
                if raw := raws.get(post.body_id):
                    yield mbox.write(raw, sender=post.author, came=post.sent_at)


def _groups(page: Sequence[_Post]) -> Iterator[list[_Post]]:
    group: list[_Post] = []
    octets = 0
    for post in page:
        if group and octets + post.size > _OCTETS:
            yield group
            group, octets = [], 0
        group.append(post)
        octets += post.size
    yield group
