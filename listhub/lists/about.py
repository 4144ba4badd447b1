"""What a list is about, for its page: its text, who runs it, how much goes on there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

#: The file with a list's text about itself, as Sympa has it.
TEXT = "info"

_ROLES = """
SELECT person.address, person.display_name AS name, role.kind
  FROM role JOIN person ON person.id = role.person_id
 WHERE role.list_id = %s AND (%s OR NOT role.concealed)
   AND role.kind IN ('owner', 'moderator')
 ORDER BY role.kind DESC, person.address_key
"""
# The newest post: as long as what was sent is kept, else in the archive, whose dates
# are their authors' own.
_FIGURES = """
SELECT list.created_at AS since, list.sequence AS posts,
       (SELECT count(*) FROM subscription WHERE list_id = list.id) AS members,
       coalesce((SELECT outgoing.created_at FROM outgoing
                  WHERE outgoing.list_id = list.id AND outgoing.sequence IS NOT NULL
                  ORDER BY outgoing.created_at DESC LIMIT 1),
                least(now(), (SELECT max(sent_at) FROM archive_message
                               WHERE list_id = list.id))) AS last_post_at
  FROM mailing_list AS list WHERE list.id = %s
"""
_DOMAINS = "SELECT name, id FROM domain ORDER BY name LIMIT %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class InCharge:
    """Somebody who runs a list and lets others know."""

    address: str
    name: str
    kind: Literal["owner", "moderator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How much goes on in a list."""

    since: datetime
    posts: int
    members: int
    last_post_at: datetime | None


def in_charge(
    conn: "psycopg.Connection[Any]", list_id: int, *, concealed: bool = False
) -> Sequence[InCharge]:
    """Return owners, then moderators; those who hide themselves only with `concealed`."""
    cursor = conn.cursor(row_factory=class_row(InCharge))
    return cursor.execute(_ROLES, [list_id, concealed]).fetchall()


def figures(conn: "psycopg.Connection[Any]", list_id: int) -> Figures:
    """Return how much goes on in a list; LookupError if it is gone."""
    cursor = conn.cursor(row_factory=class_row(Figures))
    found = cursor.execute(_FIGURES, [list_id]).fetchone()
    if found is None:
        raise LookupError(f"list {list_id} is gone")
    return found


def domains(conn: "psycopg.Connection[Any]", *, most: int = 100) -> Mapping[str, int]:
    """Return the site's domains by name, with their numbers; at most so many."""
    return dict(conn.execute(_DOMAINS, [most]).fetchall())
