"""Who gets a post, streamed from the database in the order of packets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config import Packets
from listhub.delivery.outgoing import Recipient, verp_size
from listhub.delivery.packets import verp_selection
from listhub.mail.address import key

# Sorted in code order ("C"), as Python and `packet.first_key` compare.  The domain is
# what follows the last @; a regular expression for it takes longer than all the rest.
_EACH = """
SELECT person.address, subscription.id,
       (place.domain || ' '
        || left(person.address_key, -length(place.domain) - 1)) COLLATE "C" AS key
  FROM subscription JOIN person ON person.id = subscription.person_id
       CROSS JOIN LATERAL (SELECT split_part(person.address_key, '@', -1)) place (domain)
 WHERE subscription.list_id = %(list_id)s
   AND subscription.reception = 'each'
   AND subscription.suspended_at IS NULL
   AND (subscription.own_posts OR person.address_key <> %(author)s)
 ORDER BY key
"""

_COUNT = """
SELECT count(*) FROM subscription
 WHERE list_id = %s AND reception = 'each' AND suspended_at IS NULL
"""

#: Rows fetched at a time.
_PAGE = 5000


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
    conn: "psycopg.Connection[Any]",
    *,
    list_id: int,
    author: str,
    name: str,
    expected: int,
) -> Iterator[Recipient]:
    """Yield who gets each post, sorted by domain, then local part.

    `name` is the database cursor's, which lives as long as the iteration; where a page
    is `expected` to hold them all, one round trip does instead of four.
    """
    parameters = {"list_id": list_id, "author": key(author)}
    if expected <= _PAGE:
        yield from map(Recipient._make, conn.execute(_EACH, parameters))
        return
    with conn.cursor(name=name) as cursor:
        cursor.execute(_EACH, parameters)
        while page := cursor.fetchmany(_PAGE):
            yield from map(Recipient._make, page)


def count(conn: "psycopg.Connection[Any]", *, list_id: int) -> int:
    """Return how many get each post, the author included."""
    row = conn.execute(_COUNT, [list_id]).fetchone()
    return int(row[0]) if row else 0


def split_verp(
    conn: "psycopg.Connection[Any]",
    *,
    list_id: int,
    author: str,
    expected: int,
    rate: int,
    sequence: int,
) -> Chosen:
    """Choose who gets a reverse-path of their own this time: `rate` per cent.

    The chosen slice moves on with the sequence number, so everybody has their turn.
    """
    chosen = verp_selection(expected, rate=rate, sequence=sequence)

    def part(*, verp: bool) -> Iterator[Recipient]:
        if len(chosen) == (0 if verp else expected):
            return
        name = "verp_recipients" if verp else "plain_recipients"
        everybody = stream(
            conn, list_id=list_id, author=author, name=name, expected=expected
        )
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
