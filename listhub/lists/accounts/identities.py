"""Who a person is elsewhere: subjects of OpenID providers, bound by a verified address.

Once bound, the issuer and the subject count and nothing else (OpenID Connect Core §5.7):
a provider may give the address to somebody else.  If it does, the newcomer's sign-in
takes the person over, as a link by mail would, and the old subject is nobody here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.lists import audit, persons
from listhub.lists.accounts import telling
from listhub.lists.said import SaidError
from listhub.mail.address import parse_addr_spec

UNVERIFIED = N_(
    "%(provider)s does not vouch for an e-mail address of yours; sign in by a link."
)

_LONGEST = 1000

# First sign-ins of one subject, at once from two browsers, stand in line.
_LINE = "SELECT pg_advisory_xact_lock(hashtextextended(%s || ' ' || %s, 0))"
_KNOWN = """
UPDATE identity SET seen_at = now() WHERE issuer = %s AND subject = %s
RETURNING person_id
"""
_BIND = """
WITH before AS (
    SELECT subject FROM identity WHERE person_id = %(person_id)s AND issuer = %(issuer)s
), bound AS (
    INSERT INTO identity (person_id, issuer, subject, address)
    VALUES (%(person_id)s, %(issuer)s, %(subject)s, %(address)s)
        ON CONFLICT (person_id, issuer) DO UPDATE
       SET subject = excluded.subject, address = excluded.address,
           created_at = now(), seen_at = now()
)
SELECT EXISTS (SELECT FROM before)
"""
_END_SESSIONS = "DELETE FROM web_session WHERE person_id = %s AND method = 'oidc'"
_OF_PERSON = """
SELECT id, issuer, address, created_at, seen_at FROM identity
 WHERE person_id = %s ORDER BY id
"""
_REMOVE = "DELETE FROM identity WHERE id = %s AND person_id = %s RETURNING issuer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a provider says of whoever has signed in there; the caller has checked it."""

    issuer: str
    subject: str
    address: str = ""
    #: Whether the provider has verified the address.
    verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A provider that a person may sign in with."""

    id: int
    issuer: str
    address: str
    created_at: datetime
    seen_at: datetime


def sign_in(
    conn: "psycopg.Connection[Any]", claims: Claims, *, settings: Settings
) -> int:
    """Return the number of the person that claims are about, bound or made if need be.

    SaidError if they are new here and no verified address comes with them.
    """
    who = [claims.issuer, claims.subject]
    conn.execute(_LINE, who)
    known = conn.execute(_KNOWN, who).fetchone()
    if known:
        return int(known[0])
    address = parse_addr_spec(claims.address.strip())
    fits = 0 < len(claims.subject) <= _LONGEST
    if address is None or not claims.verified or not fits:
        raise SaidError(UNVERIFIED, provider=settings.oidc.label)
    person_id = persons.find_or_make(conn, address.text)
    _bind(conn, person_id, claims, address=address.text, settings=settings)
    return person_id


def of_person(conn: "psycopg.Connection[Any]", person_id: int) -> list[Identity]:
    """Return the providers that a person may sign in with."""
    cursor = conn.cursor(row_factory=class_row(Identity))
    return cursor.execute(_OF_PERSON, [person_id]).fetchall()


def remove(conn: "psycopg.Connection[Any]", person_id: int, identity_id: int) -> bool:
    """Unbind one of a person's identities; tell whether it was theirs."""
    row = conn.execute(_REMOVE, [identity_id, person_id]).fetchone()
    if row is None:
        return False
    address = telling.address_of(conn, person_id)
    _note(conn, address, action="identity.remove", issuer=row[0])
    return True


def _bind(
    conn: "psycopg.Connection[Any]",
    person_id: int,
    claims: Claims,
    *,
    address: str,
    settings: Settings,
) -> None:
    values = {
        "person_id": person_id,
        "issuer": claims.issuer,
        "subject": claims.subject,
        "address": address,
    }
    row = conn.execute(_BIND, values).fetchone()
    if row and row[0]:  # somebody else has that address now
        conn.execute(_END_SESSIONS, [person_id])
    telling.changed(
        conn, person_id, "identity_added", settings=settings, name=settings.oidc.label
    )
    _note(conn, address, action="identity.add", issuer=claims.issuer)


def _note(
    conn: "psycopg.Connection[Any]", address: str, *, action: str, issuer: str
) -> None:
    detail = {"issuer": issuer}
    audit.note(conn, actor=address, action=action, subject=address, detail=detail)
