"""Export a person: all rows that are about them or name them, place by place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.archive.reading import mbox
from listhub.lists.personal import gather, subject
from listhub.lists.personal.places import PLACES

_LISTS = "SELECT id, address FROM mailing_list"
_POSTS = """
SELECT author, sent_at, content FROM archive_message JOIN body ON body.id = body_id
 WHERE lower(author) = ANY (%(forms)s) ORDER BY sent_at, archive_message.id
"""
_AT_ONCE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The rows of one place; those with a `list_id` also have the `list`'s address."""

    table: str
    about: str
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """All that is stored about a person."""

    address: str
    name: str
    groups: tuple[Group, ...]


def export(conn: "psycopg.Connection[Any]", address: str) -> Export:
    """Return all that is stored about a person; UsageError if the address is none."""
    who = subject.find(conn, address)
    values = who.values()
    with conn.transaction(force_rollback=True):
        gather.person(conn, values)
        lists = {row[0]: row[1] for row in conn.execute(_LISTS)}
        groups = []
        for place in PLACES:
            if place.exported:
                query = place.export()
                found = (row[0] for row in conn.execute(query, values))
                rows = tuple(_with_list(row, lists) for row in found)
                groups.append(Group(table=place.table, about=place.about, rows=rows))
    return Export(
        address=who.address,
        name=who.name,
        groups=tuple(group for group in groups if group.rows),
    )


def _with_list(row: dict[str, Any], lists: dict[int, str]) -> dict[str, Any]:
    number = row.get("list_id")
    return {"list": lists[number], **row} if number in lists else row


def posts(conn: "psycopg.Connection[Any]", address: str) -> Iterator[bytes]:
    """Yield the posts of a person in all archives as an mbox, oldest first."""
    who = subject.find(conn, address)
    conn.execute("SET LOCAL statement_timeout = '1h'")
    with conn.cursor(name="posts_of_person", binary=True) as cursor:
        cursor.itersize = _AT_ONCE
        for author, sent_at, content in cursor.execute(_POSTS, who.values()):
            yield mbox.write(bytes(content), sender=author, came=sent_at)
