"""What copies of a post say about the members who get them."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from listhub.mail.personal import Reader

_FIND = """
SELECT subscription.id, person.address, person.display_name, subscription.reception,
       subscription.created_at, subscription.attributes
  FROM subscription JOIN person ON person.id = subscription.person_id
 WHERE subscription.id = ANY(%s)
"""


def find(
    conn: "psycopg.Connection[Any]", subscriptions: Sequence[int]
) -> Mapping[int, Reader]:
    """Return the members with these subscriptions; who has left is not among them."""
    rows = conn.execute(_FIND, [list(subscriptions)], binary=True)
    return {
        row[0]: Reader(
            address=row[1],
            name=row[2],
            reception=row[3],
            since=row[4],
            attributes=row[5],
        )
        for row in rows
    }
