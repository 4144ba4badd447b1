"""Who left, or was removed, is not brought back by a source; who comes again, is.

Called by whatever ends or begins a membership, in its transaction and before it: a
member whom nobody but a source gave is otherwise back within the hour.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

_EXCLUDE = """
INSERT INTO exclusion (list_id, address_key)
SELECT DISTINCT %(list_id)s::bigint, person.address_key
  FROM inclusion
  JOIN data_source AS source ON source.id = inclusion.source_id
  JOIN person ON person.id = inclusion.person_id
 WHERE source.list_id = %(list_id)s AND source.role = 'member'
   AND (%(keys)s::text[] IS NULL OR person.address_key = ANY(%(keys)s))
    ON CONFLICT DO NOTHING
"""
_READMIT = """
DELETE FROM exclusion WHERE list_id = %s AND address_key = ANY(%s)
"""
_SUBSCRIBED = """
UPDATE subscription SET subscribed = true FROM person
 WHERE person.id = subscription.person_id AND person.address_key = ANY(%s)
   AND subscription.list_id = %s AND NOT subscription.subscribed
"""
_EXCLUDED = """
SELECT address_key FROM exclusion WHERE list_id = %s ORDER BY address_key COLLATE "C"
"""


def exclude(
    conn: "psycopg.Connection[Any]", list_id: int, keys: Sequence[str] | None
) -> int:
    """Keep sources from giving these people again, None meaning all; return how many.

    Only those are written down whom a source gives now.
    """
    values = {"list_id": list_id, "keys": None if keys is None else list(keys)}
    return conn.execute(_EXCLUDE, values).rowcount


def readmit(conn: "psycopg.Connection[Any]", list_id: int, keys: Sequence[str]) -> None:
    """Let sources give these people again; who is a member by them stays without."""
    conn.execute(_READMIT, [list_id, list(keys)])
    conn.execute(_SUBSCRIBED, [list(keys), list_id])


def excluded(conn: "psycopg.Connection[Any]", list_id: int) -> list[str]:
    """Return the keys of the addresses that no source gives any more."""
    return [row[0] for row in conn.execute(_EXCLUDED, [list_id])]
