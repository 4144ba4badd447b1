"""The members of a list: counted, listed, removed, and written out as a file."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists import audit, topics as topic_rules
from listhub.lists.catalogue import ListRow
from listhub.lists.list_settings import ListSettings
from listhub.lists.member_row import ATTRIBUTE, PLAIN, columns
from listhub.lists.sources import excluding
from listhub.mail.address import key, parse_addr_spec

#: Addresses that one row of the audit names.
_NAMED = 100

_COUNTS = """
SELECT reception, count(*), count(suspended_at) FROM subscription
 WHERE list_id = %s GROUP BY reception ORDER BY count(*) DESC, reception
"""
_MEMBERS = """
SELECT person.address, person.display_name, subscription.reception,
       subscription.own_posts, subscription.concealed,
       subscription.suspended_at, subscription.created_at
  FROM subscription JOIN person ON person.id = subscription.person_id
 WHERE subscription.list_id = %(list_id)s
   AND (%(reception)s::text IS NULL OR subscription.reception = %(reception)s)
   AND (%(text)s::text IS NULL
        OR strpos(person.address_key, lower(%(text)s)) > 0
        OR strpos(lower(person.display_name), lower(%(text)s)) > 0)
 ORDER BY person.address_key COLLATE "C"
 LIMIT %(limit)s
"""
# A spreadsheet takes for a formula what begins with one of these signs; a quote before
# it makes it a text, and the import takes the quote away.  Of what has quotes there
# already one more is taken, so that nothing is lost.
_TAMED = """
CASE WHEN {column} ~ '^''*[=+@\t\r-]' THEN '''' || {column} ELSE {column} END
"""
# With its offset: the file may be read with another time zone.
_EXPORT = """
COPY (
    SELECT {address} AS address, {name} AS name, subscription.reception,
           CASE WHEN subscription.own_posts THEN 'yes' ELSE 'no' END AS own_posts,
           CASE WHEN subscription.concealed THEN 'yes' ELSE 'no' END AS concealed,
           to_char(subscription.suspended_at AT TIME ZONE 'UTC',
                   'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS suspended_at,
           to_char(subscription.suspended_until AT TIME ZONE 'UTC',
                   'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS suspended_until{columns}
      FROM subscription JOIN person ON person.id = subscription.person_id
     WHERE subscription.list_id = {list_id}
     ORDER BY person.address_key COLLATE "C"
) TO STDOUT WITH (FORMAT csv, HEADER)
"""
# Topics that the list has no more cannot be read again.
_TOPICS = """,
           array_to_string(ARRAY(
               SELECT topic FROM unnest({known}::text[]) AS topic
                WHERE topic = ANY(subscription.topics)), ' ') AS topics"""
_ATTRIBUTE = ", {value} AS {column}"
_STRANGERS = """
SELECT asked.written FROM unnest(%(keys)s::text[], %(written)s::text[])
       AS asked (key, written)
 WHERE NOT EXISTS (
       SELECT FROM subscription JOIN person ON person.id = subscription.person_id
        WHERE person.address_key = asked.key
          AND subscription.list_id = %(list_id)s)
"""
_REMOVE = """
DELETE FROM subscription USING person
 WHERE person.id = subscription.person_id
   AND subscription.list_id = %(list_id)s AND person.address_key = ANY(%(keys)s)
"""
_REMOVE_ALL = "DELETE FROM subscription WHERE list_id = %s"


class Count(NamedTuple):
    """How many members have one mode of reception, and how many are suspended."""

    reception: str
    members: int
    suspended: int


class Member(NamedTuple):
    """One member, with the settings of the subscription."""

    address: str
    name: str
    reception: str
    own_posts: bool
    concealed: bool
    suspended_at: datetime | None
    since: datetime


def counts(conn: "psycopg.Connection[Any]", list_id: int) -> list[Count]:
    """Return the members by mode of reception, the most common first."""
    return [Count._make(row) for row in conn.execute(_COUNTS, [list_id])]


def members(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    *,
    reception: str | None = None,
    text: str | None = None,
    limit: int | None = None,
) -> list[Member]:
    """Return the members in the order of their keys; `text` is in address or name."""
    wanted = {"list_id": list_id, "reception": reception, "text": text, "limit": limit}
    return [Member._make(row) for row in conn.execute(_MEMBERS, wanted)]


def export(
    conn: "psycopg.Connection[Any]", list_id: int, *, settings: ListSettings = PLAIN
) -> Iterator[bytes]:
    """Yield the members as CSV in UTF-8, a piece at a time, as the import takes it.

    The topics and attributes that the list has are columns.  No field is a formula for
    a spreadsheet: those that look like one have a quote before them.
    """
    # Whoever reads may be slow; the time-out is meant for short statements.
    conn.execute("SET LOCAL statement_timeout = 0")
    conn.execute("SET LOCAL client_encoding = 'UTF8'")
    query = sql.SQL(_EXPORT).format(
        address=_tamed(sql.SQL("person.address")),
        name=_tamed(sql.SQL("person.display_name")),
        columns=_own_columns(settings),
        list_id=sql.Literal(list_id),
    )
    with conn.cursor() as cursor, cursor.copy(query) as copy:
        yield from map(bytes, copy)


def _own_columns(settings: ListSettings) -> sql.Composed:
    topics = [topic.name for topic in topic_rules.of_list(settings)]
    known = sql.Literal([*topics, topic_rules.OTHER])
    return sql.Composed(
        [
            *([sql.SQL(_TOPICS).format(known=known)] if topics else []),
            *(
                sql.SQL(_ATTRIBUTE).format(
                    value=_attribute(column.removeprefix(ATTRIBUTE)),
                    column=sql.Identifier(column),
                )
                for column in columns(settings)
                if column.startswith(ATTRIBUTE)
            ),
        ]
    )


def _attribute(name: str) -> sql.Composed:
    stored = sql.SQL("(subscription.attributes->>{})")
    return _tamed(stored.format(sql.Literal(name)))


def _tamed(column: sql.Composable) -> sql.Composed:
    return sql.SQL(_TAMED).format(column=column)


def remove(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    addresses: Sequence[str],
    *,
    actor: str,
) -> int:
    """Remove members and return how many; UsageError, and nobody removed, for strangers."""
    written = {key(address): address for address in addresses}
    # Nobody has an address that is none; the database would choke on a NUL in it.
    strangers = [text for text in addresses if parse_addr_spec(text.strip()) is None]
    if not strangers:
        asked = {
            "list_id": found.id,
            "keys": list(written),
            "written": list(written.values()),
        }
        strangers = [text for (text,) in conn.execute(_STRANGERS, asked)]
    if strangers:
        more = f" and {len(strangers) - 1} more are" if len(strangers) > 1 else " is"
        raise UsageError(
            f"{shown(strangers[0])[1:-1]}{more} not on {found.address};"
            " nobody was removed."
        )
    keys = list(written)
    excluding.exclude(conn, found.id, keys)
    removed = conn.execute(_REMOVE, {"list_id": found.id, "keys": keys}).rowcount
    detail = {"removed": removed, "addresses": keys[:_NAMED]}
    _note(conn, found, actor=actor, detail=detail)
    return removed


def remove_all(conn: "psycopg.Connection[Any]", found: ListRow, *, actor: str) -> int:
    """Remove every member of the list and return how many they were."""
    conn.execute("SET LOCAL statement_timeout = '30min'")
    excluding.exclude(conn, found.id, None)
    removed = conn.execute(_REMOVE_ALL, [found.id]).rowcount
    if removed:
        _note(conn, found, actor=actor, detail={"removed": removed, "all": True})
    return removed


def _note(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    *,
    actor: str,
    detail: dict[str, object],
) -> None:
    audit.note(
        conn,
        actor=actor,
        action="member.del",
        subject=found.address,
        list_id=found.id,
        detail=detail,
    )
