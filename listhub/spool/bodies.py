"""Message bodies: the bytes as they came, stored once by digest.

Nothing counts references.  A body is vacuumed when nothing names it and nobody has
stored it lately; storing it again touches the row, so that the vacuum, which locks
and looks again, leaves it alone.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, LiteralString

import psycopg

# %b: sent as octets; as text each would be two hexadecimal digits.
_STORE = """
INSERT INTO body (digest, size, content)
SELECT digest, length(content), content
  FROM unnest(%(digests)b::bytea[], %(contents)b::bytea[]) AS new (digest, content)
 ORDER BY digest
    ON CONFLICT (digest) DO UPDATE SET last_put = now()
RETURNING digest, id
"""

_SMALL = "SELECT id, content FROM body WHERE id = ANY(%s) AND size < %s"
#: Octets of a body that may be in memory beside others.
_FEW = 1 << 18

# All that may refer to a body while somebody needs it; history may outlive it.
_UNNAMED = """NOT EXISTS (SELECT FROM spool_item i WHERE i.body_id = body.id)
       AND NOT EXISTS (SELECT FROM outgoing o WHERE o.body_id = body.id)
       AND NOT EXISTS (SELECT FROM archive_message a WHERE a.body_id = body.id)
       AND NOT EXISTS (SELECT FROM bounce_event b WHERE b.body_id = body.id)
       AND NOT EXISTS (SELECT FROM request r WHERE r.body_id = body.id)
       AND NOT EXISTS (SELECT FROM digest_entry d WHERE d.body_id = body.id)
       AND NOT EXISTS (SELECT FROM attachment t WHERE t.body_id = body.id)"""

_VACUUM = f"""
DELETE FROM body WHERE id IN (
    SELECT body.id FROM body
     WHERE last_put < now() - %(age)s
       AND {_UNNAMED}
     LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) AND last_put < now() - %(age)s
"""  # noqa: S608 - no values in it

_UNNAMED_WHERE = f"SELECT id FROM body WHERE {_UNNAMED} AND "  # noqa: S608
# In the order of writers.  Whoever has just stored the bytes again holds the row until
# the commit, and the next statement sees what it named them for.
_LOCK = "SELECT FROM body WHERE id = ANY(%s) ORDER BY digest FOR UPDATE"
_FORGET = f"DELETE FROM body WHERE id = ANY(%s) AND {_UNNAMED}"  # noqa: S608


def digest(content: bytes) -> bytes:
    """Return the key under which these bytes are stored (SHA-256)."""
    return hashlib.sha256(content).digest()


def store(
    conn: "psycopg.Connection[Any]", bodies: Iterable[tuple[bytes, bytes]]
) -> dict[bytes, int]:
    """Store (digest, content) pairs, each once, and return their numbers by digest."""
    # Sorted by digest in the statement: two writers never wait for each other in a ring.
    distinct = dict(bodies)
    if not distinct:
        return {}
    rows = conn.execute(
        _STORE,
        {"digests": list(distinct), "contents": list(distinct.values())},
        binary=True,
    )
    return {bytes(row[0]): row[1] for row in rows}


def load(conn: "psycopg.Connection[Any]", body_id: int) -> bytes:
    """Return the bytes of a body; LookupError if it is gone."""
    row = conn.execute(
        "SELECT content FROM body WHERE id = %s", [body_id], binary=True
    ).fetchone()
    if row is None:
        raise LookupError(f"body {body_id} does not exist")
    return bytes(row[0])


def small(conn: "psycopg.Connection[Any]", ids: Collection[int]) -> dict[int, bytes]:
    """Return those of these bodies that are small enough to be in memory together."""
    if not ids:
        return {}
    rows = conn.execute(_SMALL, [list(ids), _FEW], binary=True)
    return {number: bytes(content) for number, content in rows}


def each(
    conn: "psycopg.Connection[Any]", ids: Collection[int]
) -> Iterator[tuple[int, bytes]]:
    """Yield bodies, the small ones all at once; LookupError if one is gone."""
    found = small(conn, ids)
    yield from found.items()
    for number in set(ids) - found.keys():
        yield number, load(conn, number)


def vacuum(
    conn: "psycopg.Connection[Any]", *, age: timedelta, limit: int = 1000
) -> int:
    """Delete up to `limit` bodies that nothing refers to; return how many."""
    return conn.execute(_VACUUM, {"age": age, "limit": limit}).rowcount


def unnamed(
    conn: "psycopg.Connection[Any]", condition: LiteralString, values: Mapping[str, Any]
) -> list[int]:
    """Return the bodies that nothing refers to and that meet a condition in SQL."""
    return [row[0] for row in conn.execute(_UNNAMED_WHERE + condition, values)]


def forget(conn: "psycopg.Connection[Any]", ids: Collection[int]) -> int:
    """Delete those of these bodies that nothing refers to, however young."""
    wanted = list(ids)
    conn.execute(_LOCK, [wanted])
    return conn.execute(_FORGET, [wanted]).rowcount
