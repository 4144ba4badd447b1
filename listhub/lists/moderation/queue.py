"""The queue: what somebody may decide, over all lists or of one, page by page.

    reach = reach.of_person(conn, "mod@a.example")
    page = queue.page(conn, reach, Filter(spam="spam"), sort="newest")
    page = queue.page(conn, reach, Filter(spam="spam"), sort="newest", after=page.after)

A page is one statement, and so are the counts, however many lists and requests there
are.  Pages go on where the last one ended (keyset): what is decided meanwhile neither
shifts a page nor hides anything.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from listhub.errors import UsageError
from listhub.lists.moderation import choosing
from listhub.lists.moderation.choosing import ALL, Filter
from listhub.lists.moderation.outcomes import Action
from listhub.lists.moderation.reach import Reach
from listhub.lists.moderation.request import WaitsFor

PAGE = 50
MOST = 500

Sort = Literal["oldest", "newest", "size", "spam", "expires"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What a page is sorted by; requests that are equal in it by their number."""

    value: str
    type: str
    descending: bool = False


_ORDERS: Mapping[Sort, _Order] = {
    "oldest": _Order(value="request.created_at", type="timestamptz"),
    "newest": _Order(value="request.created_at", type="timestamptz", descending=True),
    "size": _Order(value="coalesce(request.size, 0)", type="bigint", descending=True),
    "spam": _Order(
        value="CASE request.spam WHEN 'spam' THEN 3 WHEN 'unsure' THEN 2"
        " WHEN 'ham' THEN 0 ELSE 1 END",
        type="integer",
        descending=True,
    ),
    "expires": _Order(value="request.expires_at", type="timestamptz"),
}
SORTS: tuple[Sort, ...] = tuple(_ORDERS)

# What is shown beside a request is looked up for the page alone.
_PAGE = """
WITH page AS MATERIALIZED (
    SELECT request.id, {value} AS place FROM request
     WHERE {condition} AND {beyond}
     ORDER BY {value} {direction}, request.id {direction} LIMIT %(limit)s)
SELECT request.id, request.kind, request.waits_for,
       coalesce(list.address, domain.name) AS address, request.list_id,
       CASE request.kind WHEN 'post' THEN request.subject
            ELSE coalesce(nullif(request.detail->>'command', ''), request.kind)
            END AS what,
       request.author, request.person, request.size, request.created_at,
       clock_timestamp() - request.created_at AS age,
       request.expires_at, request.why, request.spam, request.topics, request.note,
       CASE WHEN request.claimed_until > clock_timestamp()
            THEN request.claimed_by END AS claimed_by,
       CASE WHEN request.claimed_until > clock_timestamp()
            THEN request.claimed_until END AS claimed_until,
       coalesce(request.has_attachment, false) AS has_attachment,
       coalesce(request.author_key, '') AS author_key,
       coalesce(request.stem, '') AS stem, coalesce(request.relay, '') AS relay,
       EXISTS (SELECT FROM subscription JOIN person ON person.id = person_id
                WHERE subscription.list_id = request.list_id
                  AND person.address_key = request.author_key) AS member,
       ARRAY(SELECT watching.person FROM watching
              WHERE watching.request_id = request.id AND until > clock_timestamp()
              ORDER BY watching.person) AS looking,
       decision.id AS decision, decision.action AS pending,
       decision.decided_by AS pending_by, decision.due_at AS pending_until,
       page.place::text AS place
  FROM page JOIN request ON request.id = page.id
  JOIN domain ON domain.id = request.domain_id
  LEFT JOIN mailing_list AS list ON list.id = request.list_id
  LEFT JOIN decision_request ON decision_request.request_id = request.id
                            AND decision_request.outcome = 'pending'
  LEFT JOIN decision ON decision.id = decision_request.decision_id
 ORDER BY page.place {direction}, request.id {direction}
"""
_COUNTS = """
WITH chosen AS MATERIALIZED (
    SELECT request.kind, request.list_id, request.created_at, request.expires_at
      FROM request WHERE {condition}),
grouped AS (
    SELECT grouping(kind) = 0 AS is_kind, grouping(list_id) = 0 AS is_list,
           kind, list_id, count(*) AS waiting, min(created_at) AS oldest,
           min(expires_at) AS until
      FROM chosen GROUP BY GROUPING SETS ((), (kind), (list_id)))
SELECT is_kind, is_list, kind, list_id, list.address, waiting,
       clock_timestamp() - oldest AS oldest, until
  FROM grouped LEFT JOIN mailing_list AS list ON list.id = grouped.list_id
 ORDER BY waiting DESC, list.address, kind
"""
_NEIGHBOURS = """
WITH here AS (SELECT request.id, {value} AS place FROM request WHERE id = %(id)s)
SELECT (SELECT request.id FROM request, here
         WHERE {condition}
           AND ({value}, request.id) {before} (here.place, here.id)
         ORDER BY {value} {backward}, request.id {backward} LIMIT 1),
       (SELECT request.id FROM request, here
         WHERE {condition}
           AND ({value}, request.id) {after} (here.place, here.id)
         ORDER BY {value} {forward}, request.id {forward} LIMIT 1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request as a list of what waits shows it."""

    id: int
    kind: str
    waits_for: WaitsFor
    #: The list's address, or a domain.
    address: str
    list_id: int | None
    #: The subject of a post, or a command.
    what: str
    author: str
    person: str
    size: int | None  #: octets
    created_at: datetime
    age: timedelta
    expires_at: datetime
    why: str
    spam: str | None
    topics: Sequence[str]
    note: str
    claimed_by: str | None
    claimed_until: datetime | None
    has_attachment: bool
    #: What `choosing.Like` compares; "" is like nothing.
    author_key: str
    stem: str
    relay: str
    #: The author is a member of the list.
    member: bool
    #: Who has it before their eyes.
    looking: Sequence[str]
    #: A decision that is on its way: which, what, whose, and until when to undo it.
    decision: int | None
    pending: Action | None
    pending_by: str | None
    pending_until: datetime | None
    #: Where it stands in the order of its page.
    place: str

    @property
    def cursor(self) -> str:
        """What a page begins after, or ends before."""
        return f"{self.id}.{self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, and the cursors of those around it; "" where there is none."""

    entries: tuple[Entry, ...]
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCount:
    """How much waits on one list, and for how long."""

    list_id: int
    address: str
    waiting: int
    oldest: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much waits: in all, by kind, and by list, the longest queue first."""

    total: int
    by_kind: Mapping[str, int]
    by_list: tuple[ListCount, ...]
    oldest: timedelta | None = None
    #: The first of them expires then.
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What stands before and behind a request in a queue."""

    previous: int | None
    next: int | None


def page(
    conn: "psycopg.Connection[Any]",
    reach: Reach,
    chosen: Filter = ALL,
    *,
    sort: Sort = "oldest",
    after: str = "",
    before: str = "",
    limit: int = PAGE,
) -> Page:
    """Return a page: the first, that after a cursor, or that before one.

    UsageError for a cursor that is none.
    """
    order = _ORDERS[sort]
    backward = bool(before)
    cursor = before or after
    condition, values = choosing.condition(reach, chosen)
    limit = max(1, min(limit, MOST))
    values |= {"limit": limit + 1, **_read(cursor)}
    descending = order.descending is not backward
    query = _PAGE.format(
        condition=condition,
        value=order.value,
        direction="DESC" if descending else "ASC",
        beyond=_beyond(order, descending=descending) if cursor else "true",
    )
    try:
        rows = _entries(conn, query, values)
    except psycopg.DataError as error:
        raise UsageError("There is no such page; begin with the first.") from error
    more, rows = len(rows) > limit, rows[:limit]
    entries = tuple(reversed(rows) if backward else rows)
    if not entries:
        return Page(entries=(), before=after, after=before)
    has_before = more if backward else bool(cursor)
    has_after = bool(cursor) if backward else more
    return Page(
        entries=entries,
        before=entries[0].cursor if has_before else "",
        after=entries[-1].cursor if has_after else "",
    )


def counts(
    conn: "psycopg.Connection[Any]", reach: Reach, chosen: Filter = ALL
) -> Counts:
    """Return how much waits of what is chosen."""
    condition, values = choosing.condition(reach, chosen)
    cursor = conn.execute(_COUNTS.format(condition=condition).encode(), values)
    total, until = 0, None
    oldest: timedelta | None = None
    kinds: dict[str, int] = {}
    lists: list[ListCount] = []
    for is_kind, is_list, kind, list_id, address, waiting, age, first in cursor:
        if is_kind:
            kinds[kind] = waiting
        elif not is_list:
            total, oldest, until = waiting, age, first
        elif list_id is not None:
            lists.append(
                ListCount(list_id=list_id, address=address, waiting=waiting, oldest=age)
            )
    return Counts(
        total=total, by_kind=kinds, by_list=tuple(lists), oldest=oldest, until=until
    )


def neighbours(
    conn: "psycopg.Connection[Any]",
    reach: Reach,
    request_id: int,
    chosen: Filter = ALL,
    *,
    sort: Sort = "oldest",
) -> Neighbours:
    """Return what stands before and behind a request, decided or not, in a queue.

    What somebody's decision is on its way to counts as decided: "act and next" goes on
    to what still needs a person.
    """
    order = _ORDERS[sort]
    open_ones = dataclasses.replace(chosen, pending=False)
    condition, values = choosing.condition(reach, open_ones)
    forward, backward = ("DESC", "ASC") if order.descending else ("ASC", "DESC")
    query = _NEIGHBOURS.format(
        value=order.value,
        condition=condition,
        before=">" if order.descending else "<",
        after="<" if order.descending else ">",
        forward=forward,
        backward=backward,
    )
    row = conn.execute(query.encode(), {**values, "id": request_id}).fetchone()
    previous, following = row or (None, None)
    return Neighbours(previous=previous, next=following)


def _beyond(order: _Order, *, descending: bool) -> str:
    sign = "<" if descending else ">"
    return (
        f"({order.value}, request.id) {sign} (%(place)s::{order.type}, %(id)s::bigint)"
    )


def _read(cursor: str) -> dict[str, object]:
    if not cursor:
        return {}
    number, dot, place = cursor.partition(".")
    if not (dot and number.isascii() and number.isdigit() and "\0" not in place):
        raise UsageError("There is no such page; begin with the first.")
    return {"id": int(number), "place": place}


def _entries(
    conn: "psycopg.Connection[Any]", query: str, values: Mapping[str, object]
) -> list[Entry]:
    # A savepoint: a cursor that is none must not end the caller's transaction.
    with conn.transaction(), conn.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(query.encode(), values).fetchall()
