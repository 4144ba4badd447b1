"""A post and its list: the row, the number, the Message-IDs that a list has had."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from listhub.lists.list_settings import ListSettings
from listhub.lists.settings import LEVELS, levels_of, settings_of
from listhub.mail.address import key
from listhub.mail.headers import Headers
from listhub.spool.ranking import LONGEST_LAG, PACKET_LAG

_LISTS = """
SELECT list.id, list.name, domain.name, list.sequence, list.status, domain.id,
       list.family
  FROM mailing_list AS list JOIN domain ON domain.id = list.domain_id
"""
_FIND = f"{_LISTS} WHERE list.id = %s"
_NAMED = f"{_LISTS} WHERE list.address = %s"

# A list with its settings, and a body: all that a post needs first, in one round trip.
_OPEN = f"""
SELECT l.id, l.name, domain.name, l.sequence, l.status, domain.id, l.family,
       (SELECT content FROM body WHERE body.id = %(body_id)s),
       {LEVELS}
  FROM mailing_list AS l JOIN domain ON domain.id = l.domain_id
 WHERE l.id = %(list_id)s
"""  # noqa: S608 - constants

# The one place where posts of a list stand in line: the row lock is held until the
# post's outputs are committed, so numbers rise in the order of distribution.
#
# The list's share of the sending goes on where its last post left it, at most
# LONGEST_LAG ahead of now (see spool/ranking.py).
_NUMBER = """
UPDATE mailing_list
   SET sequence = sequence + 1,
       send_clock = least(greatest(coalesce(send_clock, now()), now()),
                          now() + %(longest)s) + %(packets)s * %(lag)s
 WHERE id = %(id)s
RETURNING sequence, send_clock - %(packets)s * %(lag)s - now()
"""

# One statement: the Message-ID, and how often the author has posted today, in all and
# with this very body.  A program that answers each post is found by the latter even
# if nothing marks it as one.
_REMEMBER = """
WITH fresh AS (
    INSERT INTO seen (list_id, message_id) VALUES (%(list_id)s, %(message_id)s)
        ON CONFLICT DO NOTHING RETURNING 1
), counted AS (
    INSERT INTO notice_count (address_key, day, kind, answers)
    SELECT %(author)s, current_date, kind, 1
      FROM (VALUES (%(posts)s), (%(repeats)s)) AS counter (kind)
     WHERE EXISTS (SELECT FROM fresh)
        ON CONFLICT (address_key, day, kind)
        DO UPDATE SET answers = notice_count.answers + 1
    RETURNING kind, answers
)
SELECT EXISTS (SELECT FROM fresh),
       (SELECT answers FROM counted WHERE kind = %(posts)s),
       (SELECT answers FROM counted WHERE kind = %(repeats)s)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListRow:
    """What a list is called and where its numbers stand."""

    id: int
    name: str
    domain: str
    sequence: int
    status: str
    domain_id: int
    #: The family whose files stand before the list's own.
    family: str | None = None

    @property
    def address(self) -> str:
        return f"{self.name}@{self.domain}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """A message sent to a list; its body stays in the database, untouched."""

    headers: Headers
    body_id: int
    body_offset: int
    #: The whole message, in bytes.
    size: int
    message_id: str
    author: str
    reverse_path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbered:
    """A post's number and how far the list's share of the sending lies ahead."""

    sequence: int
    lag: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """How many posts an author has sent to a list today, this one included."""

    posts: int
    #: Of them, those with the very same body.
    repeats: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A list and its settings as a post meets them, and the bytes of the post."""

    row: ListRow
    settings: ListSettings
    raw: bytes


def open_post(
    conn: "psycopg.Connection[Any]", *, list_id: int | None, body_id: int | None
) -> Opened | None:
    """Return what a post needs first; None if its list or its body is not there."""
    found = conn.execute(
        _OPEN, {"list_id": list_id, "body_id": body_id}, binary=True
    ).fetchone()
    if found is None or found[7] is None:
        return None
    row = _row(found)
    settings = settings_of(levels_of(found[8:]), list_id=row.id)
    return Opened(row=row, settings=settings, raw=bytes(found[7]))


def find_list(conn: "psycopg.Connection[Any]", list_id: int | None) -> ListRow | None:
    """Return the list of that number, or None."""
    row = conn.execute(_FIND, [list_id]).fetchone()
    return _row(row) if row else None


def find_named(conn: "psycopg.Connection[Any]", address: str) -> ListRow | None:
    """Return the list of an address in any case of letters, or None."""
    row = conn.execute(_NAMED, [address.strip().lower()]).fetchone()
    return _row(row) if row else None


def _row(row: Sequence[Any]) -> ListRow:
    return ListRow(
        id=row[0],
        name=row[1],
        domain=row[2],
        sequence=row[3],
        status=row[4],
        domain_id=row[5],
        family=row[6],
    )


def number(conn: "psycopg.Connection[Any]", row: ListRow, *, packets: int) -> Numbered:
    """Give the next number under the list's row lock; `packets` counts for its share."""
    found = conn.execute(
        _NUMBER,
        {
            "id": row.id,
            "packets": packets,
            "lag": PACKET_LAG,
            "longest": LONGEST_LAG,
        },
    ).fetchone()
    if found is None:
        raise LookupError(f"list {row.id} vanished while its post was numbered")
    return Numbered(sequence=found[0], lag=found[1])


def remember(
    conn: "psycopg.Connection[Any]", row: ListRow, post: Post, *, body: bytes
) -> Memory | None:
    """Note a post for this list, for all hosts; None if its Message-ID was there.

    Another list may have it too: cross-posts are legitimate.
    """
    kind = f"post:{row.id}"
    digest = hashlib.sha256(body).hexdigest()[:32]
    found = conn.execute(
        _REMEMBER,
        {
            "list_id": row.id,
            "message_id": post.message_id,
            "author": key(post.author),
            "posts": kind,
            "repeats": f"{kind}:{digest}",
        },
    ).fetchone()
    if found is None or not found[0]:
        return None
    return Memory(posts=found[1], repeats=found[2])
