"""The shelf: lists of a site or of a person, a page at a time, with what is to be known.

    page(conn, Wanted(words=("staff",)), size=50)         what a listmaster looks through
    page(conn, Wanted(person=ann, relation="owner"))      what somebody has a part in
    seen(conn, ask, visitor, Wanted(), settings=…)        what a visitor may see

Two statements make a page, however many lists there are.  No counters are kept: only
the lists of the page are counted, each by an index alone, while a counter would be one
more row that everybody who joins has to wait for.  Subjects are searched as they stand
in the settings, which for 6,000 lists takes 20 ms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from listhub.config import Settings
from listhub.lists import paging
from listhub.lists.bouncing.score import COUNTS
from listhub.lists.paging import Cursor, Page
from listhub.lists.visible import Visitor, visible_among
from listhub.mail.address import key
from listhub.mail.encoded_words import safe
from listhub.outside.answers import Ask

#: In which part somebody has to do with a list.
Relation = Literal["any", "charge", "owner", "moderator", "member"]

#: Words that are looked for, and characters of each.
_WORDS, _LONGEST = 8, 100
#: Lists that are judged for one page at most; it may be short then, and goes on.
MOST_JUDGED = 1000

_KINDS: dict[Relation, list[str]] = {
    "any": ["owner", "moderator"],
    "charge": ["owner", "moderator"],
    "owner": ["owner"],
    "moderator": ["moderator"],
    "member": [],
}

_OWN_SUBJECT = """
  LEFT JOIN LATERAL (
       SELECT v."values"->>'subject' AS subject FROM setting_version AS v
        WHERE v.scope = 'list' AND coalesce(v.domain_id, 0) = 0
          AND coalesce(v.list_id, 0) = list.id
        ORDER BY v.version DESC LIMIT 1) AS own ON true
  LEFT JOIN LATERAL (
       SELECT v."values"->>'subject' AS subject FROM setting_version AS v
        WHERE list.family IS NOT NULL AND v.scope = 'family'
          AND coalesce(v.domain_id, 0) = 0 AND coalesce(v.list_id, 0) = list.id
        ORDER BY v.version DESC LIMIT 1) AS shared ON true
"""
_WITH_WORDS = """
   AND NOT EXISTS (
       SELECT FROM unnest(%(words)s::text[]) AS word
        WHERE strpos(list.address, word) = 0
          AND strpos(lower(coalesce(own.subject, shared.subject, '')), word) = 0)
"""
# People have few lists: theirs are found first, and looked at then.
_OF_PERSON = """
   AND list.id IN (
       SELECT role.list_id FROM role JOIN person ON person.id = role.person_id
        WHERE person.address_key = %(person)s AND role.kind = ANY(%(kinds)s)
        UNION
       SELECT subscription.list_id FROM subscription
         JOIN person ON person.id = subscription.person_id
        WHERE person.address_key = %(person)s AND %(member)s)
"""
_CHOSEN = """
  FROM mailing_list AS list {subject}
 WHERE (%(domain)s::text IS NULL OR list.domain_id = (
            SELECT id FROM domain WHERE name = lower(%(domain)s)))
   AND (%(status)s::text IS NULL OR list.status = %(status)s)
   AND (%(family)s::text IS NULL OR list.family = %(family)s)
   {words} {person}
"""
_AFTER = " AND list.address > %(key)s ORDER BY list.address LIMIT %(limit)s"
_BEFORE = " AND list.address < %(key)s ORDER BY list.address DESC LIMIT %(limit)s"

# The newest post: as long as what was sent is kept, else in the archive, whose dates
# are their authors' own.
_FIGURES = f"""
SELECT list.id, list.address, list.name, domain.name AS domain, list.status,
       list.family, coalesce(own.subject, '') AS subject, list.created_at,
       list.sequence AS posts,
       (SELECT count(*) FROM subscription WHERE list_id = list.id) AS members,
       (SELECT count(*) FROM request
         WHERE list_id = list.id AND state = 'waiting' AND kind = 'post'
           AND waits_for = 'moderators') AS held,
       coalesce((SELECT outgoing.created_at FROM outgoing
                  WHERE outgoing.list_id = list.id AND outgoing.sequence IS NOT NULL
                  ORDER BY outgoing.created_at DESC LIMIT 1),
                (SELECT least(now(), max(sent_at)) FROM archive_message
                  WHERE list_id = list.id HAVING max(sent_at) IS NOT NULL)) AS last_post_at,
       (SELECT count(DISTINCT event.subscription_id) FROM bounce_event AS event
          JOIN subscription ON subscription.id = event.subscription_id
         WHERE event.list_id = list.id AND subscription.list_id = list.id
           AND {COUNTS}) AS bouncing
  FROM mailing_list AS list JOIN domain ON domain.id = list.domain_id {_OWN_SUBJECT}
 WHERE list.id = ANY(%s)
 ORDER BY list.address
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lists: each of the words is in the address or the subject."""

    words: Sequence[str] = ()
    #: The name of a domain.
    domain: str | None = None
    #: open, closed or pending.
    status: str | None = None
    family: str | None = None
    #: Whose lists, and as what; "charge" is owner or moderator, "any" member, too.
    person: str | None = None
    relation: Relation = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """One list as a table shows it."""

    id: int
    address: str
    name: str
    domain: str
    status: str
    family: str | None
    subject: str
    created_at: datetime
    #: The number of the last post.
    posts: int
    members: int
    #: Posts that wait for moderators.
    held: int
    last_post_at: datetime | None
    #: Members whose mail comes back.
    bouncing: int

    @property
    def bounce_rate(self) -> float:
        """The share of members whose mail comes back, in per cent."""
        return self.bouncing * 100 / self.members if self.members else 0.0


def words_of(text: str) -> tuple[str, ...]:
    """Return the words that somebody typed into a search field."""
    return tuple(text.lower().split()[:_WORDS])


def page(
    conn: "psycopg.Connection[Any]",
    wanted: Wanted,
    *,
    cursor: str = "",
    size: int = paging.SIZE,
) -> Page[Shelved]:
    """Return a page of lists by address, with their figures, in two statements."""
    place, size = paging.read(cursor, (str,)), paging.bounded(size)
    found = _addresses(conn, wanted, place, limit=size + 1)
    return _page(conn, found, size=size, place=place)


def count(conn: "psycopg.Connection[Any]", wanted: Wanted) -> int:
    """Return how many lists there are of those that are wanted."""
    row = conn.execute(
        f"SELECT count(*) {_chosen(wanted)}".encode(), _values(wanted)
    ).fetchone()
    return int(row[0]) if row else 0


def seen(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    visitor: Visitor,
    wanted: Wanted,
    *,
    settings: Settings,
    cursor: str = "",
    size: int = paging.SIZE,
) -> Page[Shelved]:
    """Return a page of the open lists that somebody may see, by address.

    Only as many are judged as fill the page, at most MOST_JUDGED: of thousands of
    hidden lists a page may be short, or even empty, and go on.  May raise `Unanswered`.
    """
    place, size = paging.read(cursor, (str,)), paging.bounded(size)
    found: list[tuple[int, str]] = []
    judged, step, at, more = 0, 2 * size, place, True
    while more and len(found) <= size and judged < MOST_JUDGED:
        some = _addresses(conn, wanted, at, limit=step)
        rows = visible_among(
            conn,
            ask,
            visitor,
            list_ids=[number for number, _ in some],
            settings=settings,
        )
        allowed = {row.id for row, _ in rows}
        found += [one for one in some if one[0] in allowed]
        judged, more = judged + len(some), len(some) == step
        if some:
            at = Cursor(key=(some[-1][1],), back=bool(place and place.back))
    if more and len(found) <= size and at is not None:
        return _short(conn, found, end=at, place=place)
    return _page(conn, found[: size + 1], size=size, place=place)


def _addresses(
    conn: "psycopg.Connection[Any]",
    wanted: Wanted,
    place: Cursor | None,
    *,
    limit: int,
) -> list[tuple[int, str]]:
    """Return numbers and addresses in the order of the way that the cursor goes."""
    way = _BEFORE if place and place.back else _AFTER
    query = f"SELECT list.id, list.address {_chosen(wanted)} {way}"
    where = {"key": place.key[0] if place else "", "limit": limit}
    return conn.execute(query.encode(), _values(wanted) | where).fetchall()


def _page(
    conn: "psycopg.Connection[Any]",
    found: Sequence[tuple[int, str]],
    *,
    size: int,
    place: Cursor | None,
) -> Page[Shelved]:
    cut = paging.cut(found, size=size, cursor=place, key=lambda one: (one[1],))
    rows = _figures(conn, [number for number, _ in cut.rows])
    return Page(rows=rows, after=cut.after, before=cut.before)


def _short(
    conn: "psycopg.Connection[Any]",
    found: Sequence[tuple[int, str]],
    *,
    end: Cursor,
    place: Cursor | None,
) -> Page[Shelved]:
    """Return a page that ends where judging did, not where it was full."""
    rows = _figures(conn, [number for number, _ in found])
    first = Cursor(key=(found[0][1],), back=not end.back) if place and found else None
    start, on = paging.write(first) if first else "", paging.write(end)
    return (
        Page(rows=rows, after=start, before=on)
        if end.back
        else Page(rows=rows, after=on, before=start)
    )


def _figures(
    conn: "psycopg.Connection[Any]", numbers: Sequence[int]
) -> tuple[Shelved, ...]:
    if not numbers:
        return ()
    cursor = conn.cursor(row_factory=class_row(Shelved))
    return tuple(cursor.execute(_FIGURES.encode(), [list(numbers)]))


def _chosen(wanted: Wanted) -> str:
    return _CHOSEN.format(
        subject=_OWN_SUBJECT if wanted.words else "",
        words=_WITH_WORDS if wanted.words else "",
        person=_OF_PERSON if wanted.person is not None else "",
    )


def _values(wanted: Wanted) -> dict[str, object]:
    return {
        "words": [safe(word[:_LONGEST]).lower() for word in wanted.words],
        "domain": wanted.domain and safe(wanted.domain),
        "status": wanted.status and safe(wanted.status),
        "family": wanted.family and safe(wanted.family),
        "person": key(safe(wanted.person or "")),
        "kinds": _KINDS[wanted.relation],
        "member": wanted.relation in {"any", "member"},
    }
