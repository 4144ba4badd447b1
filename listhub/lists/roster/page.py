"""Members of a list, a page at a time: searched, filtered, sorted, counted.

By address a page goes along an index and costs the same wherever it is.  By name or
date all members of the list are looked at (100,000 in 0.1 s).  So they are in a search
for a part of an address or a name; a site with millions of persons that has pg_trgm may
make two indexes, and the search goes by them:

    CREATE INDEX ON person USING gin (address_key gin_trgm_ops);
    CREATE INDEX ON person USING gin (lower(display_name) gin_trgm_ops);
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from listhub import clock
from listhub.errors import UsageError
from listhub.lists import paging
from listhub.lists.bouncing.score import COUNTS
from listhub.lists.options import NOT_ME
from listhub.lists.paging import Key, Page
from listhub.mail.address import key
from listhub.mail.encoded_words import safe
from listhub.mail.receptions import RECEPTIONS

Sort = Literal["address", "name", "since"]

_LONGEST = 200  # characters that are searched for

_SUSPENDED = """subscription.suspended_at <= now()
        AND (subscription.suspended_until IS NULL OR subscription.suspended_until > now())
"""
# All at once: few bounce, and who does is found by their list.
_BOUNCERS = f"""(
       SELECT event.subscription_id FROM bounce_event AS event
        WHERE event.list_id = %(list_id)s AND event.subscription_id IS NOT NULL
          AND {COUNTS})
"""  # noqa: S608 - constants
_CHOSEN = """
  FROM subscription JOIN person ON person.id = subscription.person_id
 WHERE subscription.list_id = %(list_id)s
"""
# What a table shows is read for the rows of the page alone.
_PAGE = f"""
WITH chosen AS (
    SELECT subscription.id {_CHOSEN} {{conditions}} ORDER BY {{order}} LIMIT %(limit)s
)
SELECT subscription.id, person.address, person.address_key,
       person.display_name AS name, subscription.reception, subscription.own_posts,
       subscription.concealed, subscription.suspended_at, subscription.suspended_until,
       subscription.topics, subscription.created_at AS since, subscription.subscribed,
       EXISTS (SELECT FROM inclusion
                 JOIN data_source ON data_source.id = inclusion.source_id
                WHERE inclusion.person_id = person.id AND data_source.role = 'member'
                  AND data_source.list_id = subscription.list_id) AS from_source,
       EXISTS (SELECT FROM bounce_event AS event
                WHERE event.subscription_id = subscription.id
                  AND event.list_id = subscription.list_id
                  AND {COUNTS}) AS bouncing,
       lower(person.display_name) AS name_key
  FROM chosen JOIN subscription USING (id)
  JOIN person ON person.id = subscription.person_id
 ORDER BY {{order}}
"""  # noqa: S608 - constants
# Without persons, where nothing is asked of them: the index has the number alone.
_COUNT = """
SELECT count(*) FROM subscription WHERE subscription.list_id = %(list_id)s
"""
_COUNT_PERSONS = f"SELECT count(*) {_CHOSEN}"

#: Each filter as it stands in a statement, by its value where that matters.
_FILTERS: Mapping[str, Mapping[object, str] | str] = {
    "text": "(person.address_key LIKE %(text)s"
    " OR lower(person.display_name) LIKE %(text)s)",
    "reception": "subscription.reception = %(reception)s",
    "own_posts": "subscription.own_posts = %(own_posts)s",
    "concealed": "subscription.concealed = %(concealed)s",
    "suspended": f"({_SUSPENDED}) IS TRUE = %(suspended)s",
    "bouncing": {
        True: f"subscription.id IN {_BOUNCERS}",
        False: f"subscription.id NOT IN {_BOUNCERS}",
    },
    "source_only": "subscription.subscribed <> %(source_only)s",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """How rows are sorted: the columns, the types of their key, and the key of a row."""

    columns: tuple[str, ...]
    kinds: tuple[type, ...]
    fields: tuple[str, ...]


# Addresses in code order, which has an index; names as the database sorts for people.
_KEY = 'person.address_key COLLATE "C"'
_ORDERS: Mapping[Sort, _Order] = {
    "address": _Order(columns=(_KEY,), kinds=(str,), fields=("address_key",)),
    "name": _Order(
        columns=("lower(person.display_name)", _KEY),
        kinds=(str, str),
        fields=("name_key", "address_key"),
    ),
    "since": _Order(
        columns=("subscription.created_at", "subscription.id"),
        kinds=(datetime, int),
        fields=("since", "id"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which members, and in what order; None: it does not matter."""

    #: Part of an address or a name.
    text: str = ""
    #: One of the receptions, or not_me.
    reception: str | None = None
    concealed: bool | None = None
    #: Whether they get nothing now because of a suspension.
    suspended: bool | None = None
    #: Whether their mail comes back.
    bouncing: bool | None = None
    #: Whether only a source gave them, so that they go with it.
    source_only: bool | None = None
    sort: Sort = "address"
    #: Last ones first.
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member as a table shows it."""

    id: int
    address: str
    address_key: str
    name: str
    reception: str
    own_posts: bool
    concealed: bool
    suspended_at: datetime | None
    suspended_until: datetime | None
    topics: list[str]
    since: datetime
    #: Whether they asked for it, or an owner; else only a source gave them.
    subscribed: bool
    from_source: bool
    #: Whether their mail comes back.
    bouncing: bool
    name_key: str

    @property
    def suspended(self) -> bool:
        """Whether they get nothing now."""
        now, until = clock.now(), self.suspended_until
        begun = self.suspended_at is not None and self.suspended_at <= now
        return begun and (until is None or until > now)


def page(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    wanted: Wanted,
    *,
    cursor: str = "",
    size: int = paging.SIZE,
) -> Page[Member]:
    """Return a page of a list's members, in one statement."""
    order, size = _ORDERS[wanted.sort], paging.bounded(size)
    place = paging.read(cursor, order.kinds)
    falls = wanted.descending is not (place is not None and place.back)
    values = _values(list_id, wanted) | {"limit": size + 1}
    conditions = _conditions(wanted)
    if place is not None:
        conditions += _beyond(order, falls=falls)
        values |= {f"key_{n}": part for n, part in enumerate(place.key)}
    way = " DESC" if falls else ""
    columns = ", ".join(column + way for column in order.columns)
    query = _PAGE.format(conditions=conditions, order=columns)
    found = conn.cursor(row_factory=class_row(Member)).execute(query.encode(), values)
    return paging.cut(found.fetchall(), size=size, cursor=place, key=_keys(order))


def count(conn: "psycopg.Connection[Any]", list_id: int, wanted: Wanted) -> int:
    """Return how many members there are of those that are wanted."""
    start = _COUNT_PERSONS if _text(wanted) else _COUNT
    query = start + _conditions(wanted)
    row = conn.execute(query.encode(), _values(list_id, wanted)).fetchone()
    return int(row[0]) if row else 0


def _beyond(order: _Order, *, falls: bool) -> str:
    names = ", ".join(f"%(key_{n})s" for n in range(len(order.columns)))
    return f" AND ({', '.join(order.columns)}) {'<' if falls else '>'} ({names})"


def _keys(order: _Order) -> Any:
    def of(member: Member) -> Key:
        return tuple(getattr(member, name) for name in order.fields)

    return of


def _conditions(wanted: Wanted) -> str:
    parts = []
    for name, value in _asked(wanted).items():
        written = _FILTERS[name]
        parts.append(written if isinstance(written, str) else written[value])
    return "".join(f"   AND {part}\n" for part in parts)


def _asked(wanted: Wanted) -> dict[str, object]:
    """Return the filters that are to be used, with their values."""
    known = {name: getattr(wanted, name, None) for name in _FILTERS}
    known["text"] = _text(wanted)
    asked = {name: value for name, value in known.items() if value not in {None, ""}}
    if wanted.reception == NOT_ME:
        return asked | {"reception": "each", "own_posts": False}
    if wanted.reception is not None and wanted.reception not in RECEPTIONS:
        raise UsageError(f"There is no reception {safe(wanted.reception[:40])}.")
    return asked


def _text(wanted: Wanted) -> str:
    return safe(wanted.text[:_LONGEST]).strip()


def _values(list_id: int, wanted: Wanted) -> dict[str, object]:
    text = _text(wanted)
    # An address is searched for as its key is written; a name, in lower case.
    text = key(text) if "@" in text else text.lower()
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, f"\\{sign}")
    return {**_asked(wanted), "list_id": list_id, "text": f"%{text}%"}
