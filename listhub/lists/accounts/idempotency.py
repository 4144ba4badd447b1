"""Calls of the API with a key: done once, however often they are sent.

    match begin(conn, token.id, key, request=fingerprint("POST", path, body)):
        case Answer():        it is given again
        case Repeat.OTHER:    422, the key was used for another call
        case Repeat.BUSY:     409, the same call is at work
        case Repeat.FIRST:    the work, in the same transaction, and then
            finish(conn, token.id, key, Answer(status=201, body=...))

The row that says "at work" and the work are one transaction: if it fails nothing is left
and the next one does it.  A call that comes while it is at work waits a moment for it.
"""

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from listhub.i18n.text import N_
from listhub.lists.said import SaidError

NO_KEY = N_("An idempotency key has 1 to %(most)s printable characters.")

_LONGEST = 200

#: For so long a key is known.
LIFE = "24 hours"
#: For so long a call waits for its twin.
PATIENCE = "2s"

_BEGIN = f"""
INSERT INTO api_answer AS known (token_id, key, request)
VALUES (%(token_id)s, %(key)s, %(request)s)
    ON CONFLICT (token_id, key) DO UPDATE
   SET request = excluded.request, status = NULL, headers = '{{}}', body = '',
       created_at = now()
 WHERE known.created_at < now() - interval '{LIFE}'
"""  # noqa: S608 - constants
_KNOWN = """
SELECT request, status, headers, body FROM api_answer
 WHERE token_id = %(token_id)s AND key = %(key)s
"""
_FINISH = """
UPDATE api_answer SET status = %(status)s, headers = %(headers)s, body = %(body)s
 WHERE token_id = %(token_id)s AND key = %(key)s
"""
_FORGET = f"DELETE FROM api_answer WHERE created_at < now() - interval '{LIFE}'"  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a call was answered."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Repeat(enum.Enum):
    """What a call is that cannot be answered as its twin was."""

    FIRST = "first"
    OTHER = "other"
    BUSY = "busy"


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """Return what makes a call the same call; `path` is with its query."""
    parts = (method.upper().encode(), path.encode("utf-8", "replace"), body)
    return hashlib.sha256(b"".join(b"%d:%b" % (len(p), p) for p in parts)).digest()


def begin(
    conn: "psycopg.Connection[Any]", token_id: int, key: str, *, request: bytes
) -> Answer | Repeat:
    """Return the answer to a call that was made before, or what is to be done with it.

    In a transaction that its work and `finish` share.  SaidError for a key that is none.
    """
    if not 0 < len(key) <= _LONGEST or not key.isprintable():
        raise SaidError(NO_KEY, most=_LONGEST)
    values = {"token_id": token_id, "key": key, "request": request}
    # By hand, for this must never be the outermost transaction and commit.
    conn.execute("SAVEPOINT first_or_not")
    try:
        conn.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        first = conn.execute(_BEGIN.encode(), values).rowcount
    except psycopg.errors.LockNotAvailable:
        conn.execute("ROLLBACK TO SAVEPOINT first_or_not")
        return Repeat.BUSY
    conn.execute("SET LOCAL lock_timeout TO DEFAULT")
    if first:
        return Repeat.FIRST
    row = conn.execute(_KNOWN, values).fetchone()
    if row is None or row[1] is None:  # forgotten in this instant
        return Repeat.BUSY
    if row[0] != request:
        return Repeat.OTHER
    return Answer(status=row[1], headers=row[2], body=row[3])


def finish(
    conn: "psycopg.Connection[Any]", token_id: int, key: str, answer: Answer
) -> None:
    """Keep the answer to a call, in the transaction of its work."""
    conn.execute(
        _FINISH,
        {
            "token_id": token_id,
            "key": key,
            "status": answer.status,
            "headers": Jsonb(dict(answer.headers)),
            "body": answer.body,
        },
    )


def forget(conn: "psycopg.Connection[Any]") -> int:
    """Delete answers that are too old to be repeated; return how many."""
    return conn.execute(_FORGET.encode()).rowcount
