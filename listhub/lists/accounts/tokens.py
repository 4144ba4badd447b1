"""Tokens of the API: `lh_` and a secret, by which a program acts for a person.

A token has a scope (the site, a domain, a list) and a right (read, moderate, manage).
Both only take away: what its maker may not do at the moment of use, it may not do.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import psycopg
from psycopg.rows import class_row

from listhub.config import Settings
from listhub.config.fields import one_line, shown
from listhub.errors import UsageError
from listhub.i18n.text import N_
from listhub.lists import audit
from listhub.lists.accounts import secret, telling
from listhub.lists.catalogue import domain_name
from listhub.lists.said import SaidError

#: Each may what those before it may.
Rights = Literal["read", "moderate", "manage"]
RIGHTS: tuple[Rights, ...] = get_args(Rights)

PREFIX = "lh_"
_TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
_LONGEST_NAME = 100
_MOST = 50

NO_NAME = N_("A token needs a name, by which you know it again.")
MADE_MEANWHILE = N_("A token was made meanwhile; look whether it is this one.")
TOO_MANY = N_("You have %(most)s tokens; revoke one that is not used any more.")

_ROW = """
SELECT token.id, token.person_id, person.address, token.name, rights, token.domain_id,
       token.list_id, coalesce(domain.name, list.address) AS scope,
       coalesce(token.domain_id, list.domain_id) AS lies_in,
       token.created_at, expires_at, used_at, revoked_at, revoked_by
  FROM api_token AS token JOIN person ON person.id = token.person_id
  LEFT JOIN domain ON domain.id = token.domain_id
  LEFT JOIN mailing_list AS list ON list.id = token.list_id
"""
_LIVE = "revoked_at IS NULL AND coalesce(expires_at > now(), true)"
# As with sessions: written at most once a minute, and nobody waits for it.
_FIND = f"""
WITH stale AS (
    SELECT id FROM api_token
     WHERE digest = %(digest)s AND {_LIVE}
       AND coalesce(used_at < now() - interval '1 minute', true)
       FOR UPDATE SKIP LOCKED
), touched AS (
    UPDATE api_token SET used_at = now() FROM stale WHERE api_token.id = stale.id
)
{_ROW} WHERE digest = %(digest)s AND {_LIVE}
"""  # noqa: S608 - constants
_LIST = f"""
{_ROW} WHERE %(person_id)s::bigint IS NULL OR token.person_id = %(person_id)s
 ORDER BY token.id
"""
_DOMAIN = "SELECT id FROM domain WHERE name = %s"
# Whoever makes one for the same person waits until this one is made.
_LOCK = "SELECT FROM person WHERE id = %s FOR NO KEY UPDATE"
_COUNT = f"""
SELECT count(*) FILTER (WHERE {_LIVE}), coalesce(max(id), 0) FROM api_token
 WHERE person_id = %s
"""  # noqa: S608 - constants
_MAKE = """
INSERT INTO api_token (person_id, digest, name, rights, domain_id, list_id, expires_at)
VALUES (%(person_id)s, %(digest)s, %(name)s, %(rights)s, %(domain_id)s, %(list_id)s,
        now() + %(life)s::interval)
RETURNING id
"""
_REVOKE = """
UPDATE api_token SET revoked_at = now(), revoked_by = %(actor)s
  FROM person
 WHERE api_token.id = %(id)s AND person.id = person_id AND revoked_at IS NULL
   AND (%(person_id)s::bigint IS NULL OR person_id = %(person_id)s)
RETURNING person.address, name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as its owner sees it: everything but itself."""

    id: int
    person_id: int
    address: str
    name: str
    rights: Rights
    domain_id: int | None
    list_id: int | None
    #: The name of the domain or the list's address, None for the site.
    scope: str | None
    #: The domain that it is for, or that its list is in.
    lies_in: int | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None


def make(
    conn: "psycopg.Connection[Any]",
    person_id: int,
    *,
    name: str,
    rights: Rights,
    settings: Settings,
    domain_id: int | None = None,
    list_id: int | None = None,
    life: timedelta | None = None,
    after: int | None = None,
    actor: str = "",
) -> tuple[str, int]:
    """Make a token for a person; return it, told only here, and its number.

    For a domain, a list, or with neither the site; without `life` it does not expire.
    `after` is the number of the newest one that whoever asks has seen.  SaidError
    without a name, for the 51st, and if a newer one is there.
    """
    name = one_line(name).strip()[:_LONGEST_NAME]
    if not name:
        raise SaidError(NO_NAME)
    conn.execute(_LOCK, [person_id])
    ((count, newest),) = conn.execute(_COUNT, [person_id]).fetchall()
    if after is not None and newest > after:
        raise SaidError(MADE_MEANWHILE)
    if count >= _MOST:
        raise SaidError(TOO_MANY, most=_MOST)
    token = PREFIX + secret.make()
    row = {
        "person_id": person_id,
        "digest": secret.digest(token),
        "name": name,
        "rights": rights,
        "domain_id": domain_id,
        "list_id": list_id,
        "life": life,
    }
    ((number,),) = conn.execute(_MAKE, row).fetchall()
    address = telling.changed(
        conn, person_id, "token_made", settings=settings, name=name
    )
    audit.note(
        conn,
        actor=actor or address,
        action="token.make",
        subject=address,
        list_id=list_id,
        detail={"token": number, "name": name, "rights": rights},
    )
    return token, number


def domain_named(conn: "psycopg.Connection[Any]", name: str) -> int:
    """Return the number of a domain, for the scope; UsageError if it is not ours."""
    number = domain_called(conn, domain_name(name))
    if not number:
        raise UsageError(f"There is no domain {shown(name)[1:-1]} here.")
    return number


def domain_called(conn: "psycopg.Connection[Any]", name: str) -> int:
    """Return the number of a domain of ours, 0 for anything else."""
    row = conn.execute(_DOMAIN, [name.lower()]).fetchone()
    return int(row[0]) if row else 0


def find(conn: "psycopg.Connection[Any]", written: str) -> Token | None:
    """Return the token that somebody sent, None if it is none (any more)."""
    if not _TOKEN.fullmatch(written):
        return None
    cursor = conn.cursor(row_factory=class_row(Token))
    return cursor.execute(_FIND, {"digest": secret.digest(written)}).fetchone()


def tokens(
    conn: "psycopg.Connection[Any]", *, person_id: int | None = None
) -> list[Token]:
    """Return all tokens, or those of one person, with those that have ended of late."""
    cursor = conn.cursor(row_factory=class_row(Token))
    return cursor.execute(_LIST.encode(), {"person_id": person_id}).fetchall()


def revoke(
    conn: "psycopg.Connection[Any]",
    token_id: int,
    *,
    actor: str,
    person_id: int | None = None,
) -> bool:
    """End a token, with `person_id` only one of theirs; tell whether it was live."""
    values = {"id": token_id, "actor": actor, "person_id": person_id}
    row = conn.execute(_REVOKE, values).fetchone()
    if row is None:
        return False
    address, name = row
    detail = {"token": token_id, "name": name}
    audit.note(conn, actor=actor, action="token.revoke", subject=address, detail=detail)
    return True
