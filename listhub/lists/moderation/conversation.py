"""The conversation that a held post belongs to, as far as the archive has it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from listhub.archive import filing
from listhub.archive.stems import stem_of
from listhub.mail.headers import Headers

#: Posts that are shown, the newest.
SHOWN = 10

_ANSWERED = """
SELECT DISTINCT thread_id FROM archive_key
 WHERE list_id = %(list_id)s AND key = ANY(%(refs)s)
"""
# The newest of that name: a subject alone is a weak tie.
_SAME_SUBJECT = """
SELECT thread_id FROM archive_message
 WHERE list_id = %(list_id)s AND stem = %(stem)s AND stem <> ''
   AND thread_id IS NOT NULL
 ORDER BY sent_at DESC, permalink DESC LIMIT 1
"""
_POSTS = """
SELECT permalink, subject, author, author_name, sent_at,
       permalink = ANY(%(refs)s) AS answered, count(*) OVER () AS total
  FROM archive_message
 WHERE list_id = %(list_id)s AND thread_id IN ({threads})
 ORDER BY sent_at DESC, id DESC LIMIT %(shown)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A post of the conversation; its permalink leads to it in the archive."""

    permalink: str
    subject: str
    author: str
    author_name: str
    sent_at: datetime
    #: The held post names it as what it answers.
    answered: bool
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The posts that a held one goes on from, oldest first."""

    #: How it was found: by what it answers, or by its subject alone.
    found_by: Literal["references", "subject"]
    posts: tuple[Earlier, ...]
    #: In the whole conversation, of which the newest are given.
    total: int


def of_post(
    conn: "psycopg.Connection[Any]", list_id: int, headers: Headers, *, own: str
) -> Conversation | None:
    """Return the conversation of a post whose Message-ID is `own`, None without one."""
    refs = filing.references(headers, own=own)
    stem, is_answer = stem_of(headers.text("Subject"))
    wanted = {
        "list_id": list_id,
        "refs": list(refs),
        "stem": stem,
        "shown": SHOWN,
    }
    if refs and (posts := _posts(conn, _ANSWERED, wanted)):
        return _conversation("references", posts)
    if is_answer and (posts := _posts(conn, _SAME_SUBJECT, wanted)):
        return _conversation("subject", posts)
    return None


def _posts(
    conn: "psycopg.Connection[Any]", threads: str, wanted: dict[str, object]
) -> list[Earlier]:
    query = _POSTS.format(threads=threads).encode()
    with conn.cursor(row_factory=class_row(Earlier)) as cursor:
        return cursor.execute(query, wanted).fetchall()


def _conversation(
    found_by: Literal["references", "subject"], posts: list[Earlier]
) -> Conversation:
    return Conversation(
        found_by=found_by, posts=tuple(reversed(posts)), total=posts[0].total
    )
