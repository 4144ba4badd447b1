"""Sessions: somebody who has signed in with one browser.

The cookie has an identifier, the database its digest.  It changes at the sign-in and
when the second factor is given, and the old one is worth nothing at once: whoever
planted or saw it before has nothing.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from listhub.config import Settings
from listhub.lists import audit
from listhub.lists.accounts import secret

Method = Literal["link", "password", "oidc", "header"]

_LONGEST_AGENT = 200
_UNSEEN = re.compile(r"[^\x20-\x7e]+")

_MAKE = """
INSERT INTO web_session (digest, person_id, method, user_agent, came_from, expires_at)
SELECT %(digest)s, person.id, %(method)s, %(user_agent)s, %(came_from)s,
       now() + %(life)s
  FROM person WHERE person.id = %(person_id)s
RETURNING (SELECT address FROM person WHERE person.id = web_session.person_id)
"""
_SESSION = """
SELECT session.id, session.person_id, method, second_factor_at IS NOT NULL AS
       second_factor, user_agent, came_from, session.created_at, seen_at, expires_at,
       second_factor_at IS NULL AND factor.person_id IS NOT NULL AS waits_for_code
  FROM {table} AS session
  LEFT JOIN second_factor AS factor
    ON factor.person_id = session.person_id AND factor.confirmed_at IS NOT NULL
"""
_LIVE = "expires_at > now() AND seen_at > now() - %(idle)s"

# That it was seen is written at most once a minute, and nobody waits for that: several
# requests of one page come at once.
_FIND = f"""
WITH found AS MATERIALIZED (
    SELECT * FROM web_session WHERE digest = %(digest)s AND {_LIVE}
), stale AS (
    SELECT id FROM web_session
     WHERE id IN (SELECT id FROM found WHERE seen_at < now() - interval '1 minute')
       FOR UPDATE SKIP LOCKED
), touched AS (
    UPDATE web_session SET seen_at = now() FROM stale WHERE web_session.id = stale.id
)
{_SESSION.format(table="found")}
"""  # noqa: S608 - constants
_OF_PERSON = f"""
{_SESSION.format(table="web_session")}
 WHERE session.person_id = %(person_id)s AND {_LIVE} ORDER BY seen_at DESC, session.id
"""
_ROTATE = """
UPDATE web_session
   SET digest = %(new)s, seen_at = now(),
       second_factor_at = CASE WHEN %(second_factor)s THEN now()
                               ELSE second_factor_at END
 WHERE digest = %(old)s
"""
_END = "DELETE FROM web_session WHERE digest = %s"
_END_ONE = "DELETE FROM web_session WHERE id = %s AND person_id = %s"
_END_OTHERS = "DELETE FROM web_session WHERE person_id = %s AND digest <> %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session that lives; `waits_for_code`: its person's second factor is missing."""

    id: int
    person_id: int
    method: Method
    second_factor: bool
    waits_for_code: bool
    user_agent: str
    came_from: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def make(
    conn: "psycopg.Connection[Any]",
    person_id: int,
    *,
    method: Method,
    settings: Settings,
    user_agent: str = "",
    came_from: str = "",
    replaces: str = "",
) -> str:
    """Sign a person in; return the identifier for the cookie, which is told only here.

    `replaces` is the identifier that the browser had, whose session ends.  LookupError
    if the person is gone.
    """
    end(conn, replaces)
    identifier = secret.make()
    row = conn.execute(
        _MAKE,
        {
            "digest": secret.digest(identifier),
            "person_id": person_id,
            "method": method,
            "user_agent": _UNSEEN.sub(" ", user_agent)[:_LONGEST_AGENT],
            "came_from": _UNSEEN.sub("", came_from)[:_LONGEST_AGENT],
            "life": timedelta(seconds=settings.sign_in.session_life),
        },
    ).fetchone()
    if row is None:
        raise LookupError(f"person {person_id} is gone")
    detail = {"how": method}
    audit.note(
        conn, actor=row[0], action="person.sign_in", subject=row[0], detail=detail
    )
    return identifier


def find(
    conn: "psycopg.Connection[Any]", identifier: str, *, settings: Settings
) -> Session | None:
    """Return the session of an identifier, None if there is none or it has ended."""
    if not identifier:
        return None
    wanted = {"digest": secret.digest(identifier), "idle": _idle(settings)}
    cursor = conn.cursor(row_factory=class_row(Session))
    return cursor.execute(_FIND, wanted).fetchone()


def rotate(
    conn: "psycopg.Connection[Any]", identifier: str, *, second_factor: bool = False
) -> str:
    """Give a session another identifier and return it; the old one is worth nothing.

    With `second_factor` it was given just now.  LookupError if the session has ended.
    """
    new = secret.make()
    values = {
        "old": secret.digest(identifier),
        "new": secret.digest(new),
        "second_factor": second_factor,
    }
    if not conn.execute(_ROTATE, values).rowcount:
        raise LookupError("the session has ended")
    return new


def of_person(
    conn: "psycopg.Connection[Any]", person_id: int, *, settings: Settings
) -> list[Session]:
    """Return where somebody is signed in, the last one seen first."""
    wanted = {"person_id": person_id, "idle": _idle(settings)}
    cursor = conn.cursor(row_factory=class_row(Session))
    return cursor.execute(_OF_PERSON.encode(), wanted).fetchall()


def end(conn: "psycopg.Connection[Any]", identifier: str) -> bool:
    """End a session; tell whether there was one."""
    ended = conn.execute(_END, [secret.digest(identifier)]) if identifier else None
    return bool(ended and ended.rowcount)


def end_one(conn: "psycopg.Connection[Any]", person_id: int, session_id: int) -> bool:
    """End one of somebody's sessions by its number; tell whether it was theirs."""
    return bool(conn.execute(_END_ONE, [session_id, person_id]).rowcount)


def end_others(
    conn: "psycopg.Connection[Any]", person_id: int, *, keep: str = ""
) -> int:
    """End all sessions of somebody but that of `keep`, an identifier; say how many."""
    return conn.execute(_END_OTHERS, [person_id, secret.digest(keep)]).rowcount


def _idle(settings: Settings) -> timedelta:
    return timedelta(seconds=settings.sign_in.session_idle)
