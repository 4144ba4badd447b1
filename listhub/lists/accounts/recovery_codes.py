"""Recovery codes: each stands in once for a second factor that is lost.

80 random bits each, kept as digests.  They need no key: if the site's is lost, and with
it all second factors, these still work.
"""

import base64
import secrets
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.lists import audit
from listhub.lists.accounts import secret, telling

_CODES, _OCTETS = 10, 10
_LONGEST = 100

_REMOVE = "DELETE FROM recovery_code WHERE person_id = %s"
_ADD = """
INSERT INTO recovery_code (person_id, digest) SELECT %s, unnest(%s::bytea[])
"""
_TAKE = "DELETE FROM recovery_code WHERE person_id = %s AND digest = %s"


def renew(conn: "psycopg.Connection[Any]", person_id: int) -> tuple[str, ...]:
    """Return new codes for a person, told only here; older ones are worth nothing."""
    codes = tuple(_code() for _ in range(_CODES))
    remove(conn, person_id)
    conn.execute(_ADD, [person_id, [secret.digest(plain(code)) for code in codes]])
    return codes


def take(
    conn: "psycopg.Connection[Any]", person_id: int, code: str, *, settings: Settings
) -> bool:
    """Use a code up and tell the person so; tell whether it was one of theirs."""
    if not conn.execute(_TAKE, [person_id, secret.digest(plain(code))]).rowcount:
        return False
    address = telling.changed(conn, person_id, "recovery_code_used", settings=settings)
    audit.note(conn, actor=address, action="recovery_code.use", subject=address)
    return True


def remove(conn: "psycopg.Connection[Any]", person_id: int) -> None:
    """Take all codes of a person away."""
    conn.execute(_REMOVE, [person_id])


def plain(code: str) -> str:
    """Return a code as it is compared, without what people put in between."""
    return "".join(code.lower().replace("-", "").split())[:_LONGEST]


def _code() -> str:
    text = base64.b32encode(secrets.token_bytes(_OCTETS)).decode().lower()
    return "-".join(text[n : n + 4] for n in range(0, len(text), 4))
