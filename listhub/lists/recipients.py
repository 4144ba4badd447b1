"""Who gets a post, streamed from the database in the order of packets."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config import Packets
from listhub.delivery.outgoing import Recipient, verp_size
from listhub.delivery.packets import verp_selection
from listhub.mail.address import key

# Few are suppressed: they are looked up once, not for each member.
_SUPPRESSED = """
    SELECT person.id FROM suppression
      JOIN person ON person.address_key = suppression.address_key
      JOIN mailing_list AS list ON list.domain_id = suppression.domain_id
     WHERE list.id = %(list_id)s
"""

# The domain is what follows the last @; a regular expression for it takes longer than
# all the rest.
_MEMBERS = (
    """
  FROM subscription JOIN person ON person.id = subscription.person_id
       CROSS JOIN LATERAL (SELECT split_part(person.address_key, '@', -1)) place (domain)
 WHERE subscription.list_id = %(list_id)s
   AND (subscription.suspended_at IS NULL OR subscription.suspended_at > now()
        OR subscription.suspended_until <= now())
   AND (%(topics)s::text[] IS NULL OR subscription.topics = '{}'
        OR subscription.topics && %(topics)s)
   AND subscription.person_id NOT IN ("""
    + _SUPPRESSED
    + ")"
)
_KEY = """
       (place.domain || ' '
        || left(person.address_key, -length(place.domain) - 1)) COLLATE "C" AS key
"""
_OWN = "(subscription.own_posts OR person.address_key <> %(author)s)"

# Sorted in code order ("C"), as Python and `packet.first_key` compare.
_STREAM = f"""
SELECT person.address, subscription.id, {_KEY} {_MEMBERS}
   AND subscription.reception = ANY(%(receptions)s) AND {_OWN}
 ORDER BY key
"""

# Fenced: the table of all lists is not wandered through for the first members of one.
_FEW = f"""
WITH subscription AS MATERIALIZED (
    SELECT * FROM subscription WHERE list_id = %(list_id)s LIMIT %(most)s
)
SELECT (SELECT count(*) FROM subscription), subscription.reception, {_OWN},
       person.address, subscription.id, {_KEY} {_MEMBERS}
"""  # noqa: S608 - put together from constants

_COUNT = (
    """
SELECT reception, count(*) FROM subscription
 WHERE list_id = %(list_id)s
   AND (suspended_at IS NULL OR suspended_at > now() OR suspended_until <= now())
   AND (%(topics)s::text[] IS NULL OR topics = '{}' OR topics && %(topics)s)
   AND person_id NOT IN ("""
    + _SUPPRESSED
    + """)
 GROUP BY reception
"""
)

#: Rows fetched at a time.
_PAGE = 5000

#: So many members are all looked up at once, whatever their receptions.
_SMALL = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """Who is meant: members of these receptions, their own posts left out as they wish.

    `topics` of the post pass by members who chose others; None where a list has none.
    """

    list_id: int
    receptions: tuple[str, ...]
    author: str = ""
    topics: tuple[str, ...] | None = None

    def parameters(self) -> dict[str, object]:
        return {
            "list_id": self.list_id,
            "receptions": list(self.receptions),
            "author": key(self.author),
            "topics": None if self.topics is None else list(self.topics),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Members:
    """Whom a post concerns, the author included: how many in each reception."""

    counts: Mapping[str, int]
    #: Of a small list all who get it, with their reception, in the order of packets.
    few: tuple[tuple[str, Recipient], ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """The two streams of a post's recipients, and about how many there are."""

    plain: Iterator[Recipient]
    verp: Iterator[Recipient]
    plain_count: int
    verp_count: int

    def packets(self, rules: Packets) -> int:
        """Return about how many packets these make: the post's cost to its list."""
        one_by_one = -(-self.verp_count // verp_size(self.verp_count, rules))
        return -(-self.plain_count // rules.recipients) + one_by_one


def stream(
    conn: "psycopg.Connection[Any]", audience: Audience, *, name: str, expected: int
) -> Iterator[Recipient]:
    """Yield the members meant, sorted by domain, then local part.

    `name` is the database cursor's, which lives as long as the iteration; where a page
    is `expected` to hold them all, one round trip does instead of four.
    """
    if expected <= _PAGE:
        rows = conn.execute(_STREAM, audience.parameters())
        yield from map(Recipient._make, rows)
        return
    with conn.cursor(name=name) as cursor:
        cursor.execute(_STREAM, audience.parameters())
        while page := cursor.fetchmany(_PAGE):
            yield from map(Recipient._make, page)


def look(
    conn: "psycopg.Connection[Any]",
    *,
    list_id: int,
    author: str,
    topics: tuple[str, ...] | None = None,
) -> Members:
    """Return the members of a list by their receptions; of a small one all of them."""
    audience = Audience(list_id=list_id, receptions=(), author=author, topics=topics)
    values = {**audience.parameters(), "most": _SMALL + 1}
    rows = conn.execute(_FEW, values).fetchall()
    if not rows or rows[0][0] > _SMALL:
        return Members(counts=count(conn, list_id=list_id, topics=topics))
    found = [(row[1], Recipient._make(row[3:])) for row in rows if row[2]]
    found.sort(key=lambda member: member[1].key)
    return Members(counts=Counter(row[1] for row in rows), few=tuple(found))


def count(
    conn: "psycopg.Connection[Any]",
    *,
    list_id: int,
    topics: tuple[str, ...] | None = None,
) -> dict[str, int]:
    """Return how many members each reception has, the author included."""
    rows = conn.execute(
        _COUNT,
        {"list_id": list_id, "topics": None if topics is None else list(topics)},
    )
    return {reception: int(members) for reception, members in rows}


def split_verp(
    conn: "psycopg.Connection[Any]",
    audience: Audience,
    *,
    expected: int,
    rate: int,
    sequence: int,
    few: Sequence[tuple[str, Recipient]] | None = None,
) -> Chosen:
    """Choose who gets a reverse-path of their own this time: `rate` per cent.

    The chosen slice moves on with the sequence number, so everybody has their turn.
    `few`: the members, where they are known already.
    """
    chosen = verp_selection(expected, rate=rate, sequence=sequence)

    def part(*, verp: bool) -> Iterator[Recipient]:
        if len(chosen) == (0 if verp else expected):
            return
        name = "verp_recipients" if verp else "plain_recipients"
        if few is None:
            everybody = stream(conn, audience, name=name, expected=expected)
        else:
            everybody = (who for mode, who in few if mode in audience.receptions)
        if len(chosen) == (expected if verp else 0):
            yield from everybody
            return
        for position, recipient in enumerate(everybody, start=1):
            if (position in chosen) is verp:
                yield recipient

    return Chosen(
        plain=part(verp=False),
        verp=part(verp=True),
        plain_count=expected - len(chosen),
        verp_count=len(chosen),
    )
