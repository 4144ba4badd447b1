"""What operators and owners look at: bouncing members, what was done, what is set aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.errors import UsageError
from listhub.lists import audit
from listhub.lists.bouncing import actions, levels, score
from listhub.lists.bouncing.score import Score
from listhub.lists.posting import find_list
from listhub.lists.settings import load_list_settings
from listhub.mail.address import key

_LOG = """
SELECT action.id, action.at, list.address AS list, action.address, action.action,
       action.why, action.level, action.score, action.outcome, action.undone_at,
       action.undone_by
  FROM bounce_action AS action JOIN mailing_list AS list ON list.id = action.list_id
 WHERE (%(list_id)s::bigint IS NULL OR action.list_id = %(list_id)s)
   AND (%(day)s::date IS NULL OR (action.at AT TIME ZONE 'UTC')::date = %(day)s)
 ORDER BY action.id DESC LIMIT %(limit)s
"""
_BREAKERS = """
SELECT breaker.opened_at, list.address AS list, breaker.outgoing_id,
       breaker.destination, breaker.day, breaker.bounced, breaker.recipients,
       breaker.trouble, breaker.diagnostic
  FROM bounce_breaker AS breaker JOIN mailing_list AS list ON list.id = breaker.list_id
 WHERE %(list_id)s::bigint IS NULL OR breaker.list_id = %(list_id)s
 ORDER BY breaker.id DESC LIMIT %(limit)s
"""
_FIND = """
SELECT subscription.id FROM subscription
  JOIN person ON person.id = subscription.person_id
 WHERE subscription.list_id = %s AND person.address_key = %s
"""
_SUPPRESSED = """
SELECT domain.name AS domain, suppression.address_key AS address, suppression.why,
       suppression.created_at AS since
  FROM suppression JOIN domain ON domain.id = suppression.domain_id
 WHERE %(domain_id)s::bigint IS NULL OR suppression.domain_id = %(domain_id)s
 ORDER BY domain.name, suppression.address_key COLLATE "C"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bouncing:
    """A member whose mail comes back; `level` is what the score has reached, or 0."""

    score: Score
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """Something that was done because of bounces."""

    id: int
    at: datetime
    list: str
    address: str
    action: str
    why: str
    level: int
    score: int
    outcome: str
    undone_at: datetime | None
    undone_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A group of reports that do not count: of a message, or of a domain on a day."""

    opened_at: datetime
    list: str
    outgoing_id: int | None
    destination: str
    day: date
    bounced: int
    recipients: int
    trouble: str
    diagnostic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """An address that gets no list's mail of a domain."""

    domain: str
    address: str
    why: str
    since: datetime


def bouncing(conn: "psycopg.Connection[Any]", list_id: int) -> list[Bouncing]:
    """Return the members of a list whose mail comes back, the worst first."""
    settings = load_list_settings(conn, list_id)
    known = levels.of_list(settings)
    return [
        Bouncing(score=one, level=found.number if found else 0)
        for one in score.of_list(conn, list_id, settings=settings)
        for found in (levels.reached(one, known),)
    ]


def log(
    conn: "psycopg.Connection[Any]",
    *,
    list_id: int | None = None,
    day: date | None = None,
    limit: int = 100,
) -> list[Logged]:
    """Return what was done because of bounces, newest first; `day` is in UTC."""
    values = {"list_id": list_id, "day": day, "limit": limit}
    with conn.cursor(row_factory=class_row(Logged)) as cursor:
        return cursor.execute(_LOG, values).fetchall()


def breakers(
    conn: "psycopg.Connection[Any]", *, list_id: int | None = None, limit: int = 100
) -> list[SetAside]:
    """Return the groups of reports that do not count, newest first."""
    with conn.cursor(row_factory=class_row(SetAside)) as cursor:
        return cursor.execute(
            _BREAKERS, {"list_id": list_id, "limit": limit}
        ).fetchall()


def reset(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    addresses: Sequence[str] | None,
    *,
    actor: str,
) -> int:
    """Let what was reported of members until now count no longer; None: of all.

    Return of how many.  UsageError for who is no member.
    """
    row = find_list(conn, list_id)
    if row is None:
        raise UsageError("There is no such list here.")
    actions.lock_list(conn, list_id)
    if addresses is None:
        wanted = {
            one.score.subscription_id: one.score.address
            for one in bouncing(conn, list_id)
        }
    else:
        wanted = {_member(conn, row.address, list_id, one): one for one in addresses}
    for number, address in wanted.items():
        actions.reset(conn, list_id, number, address, why=actor)
    audit.note(
        conn,
        actor=actor,
        action="bounce.reset",
        subject=row.address,
        list_id=list_id,
        detail={"addresses": sorted(wanted.values())},
    )
    return len(wanted)


def suppressed(
    conn: "psycopg.Connection[Any]", *, domain_id: int | None = None
) -> list[Suppressed]:
    """Return the addresses that get no list's mail, of one domain or of all."""
    with conn.cursor(row_factory=class_row(Suppressed)) as cursor:
        return cursor.execute(_SUPPRESSED, {"domain_id": domain_id}).fetchall()


def release(
    conn: "psycopg.Connection[Any]", domain_id: int, address: str, *, actor: str
) -> bool:
    """Let an address get mail of a domain's lists again; False if nothing forbade it."""
    gone = conn.execute(
        "DELETE FROM suppression WHERE domain_id = %s AND address_key = %s",
        [domain_id, key(address)],
    ).rowcount
    if gone:
        audit.note(conn, actor=actor, action="bounce.release", subject=address)
    return bool(gone)


def _member(
    conn: "psycopg.Connection[Any]", address: str, list_id: int, person: str
) -> int:
    found = conn.execute(_FIND, [list_id, key(person)]).fetchone()
    if found is None:
        raise UsageError(f"{person} is not a member of {address}.")
    return int(found[0])
