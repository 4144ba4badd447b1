"""Listmasters: who runs the lists of a domain, or of the whole site."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.errors import UsageError
from listhub.i18n.text import N_, Text
from listhub.lists import audit, persons
from listhub.lists.catalogue import domain_name
from listhub.lists.said import SaidError

ALREADY = N_("%(address)s is a listmaster of %(place)s already.")
NOT_ONE = N_("%(address)s is not a listmaster of %(place)s.")
SITE = N_("the site")

_DOMAIN = "SELECT id FROM domain WHERE name = %s"
_GRANT = """
INSERT INTO role (domain_id, person_id, kind) VALUES (%s, %s, 'listmaster')
    ON CONFLICT DO NOTHING
"""
_REVOKE = """
DELETE FROM role
 WHERE kind = 'listmaster' AND person_id = %(person_id)s
   AND domain_id IS NOT DISTINCT FROM %(domain_id)s::bigint
"""
_ALL = """
SELECT person.address, domain.name AS domain, role.reception, role.created_at AS since
  FROM role JOIN person ON person.id = role.person_id
  LEFT JOIN domain ON domain.id = role.domain_id
 WHERE role.kind = 'listmaster'
   AND (%(domain)s::text IS NULL OR domain.name = %(domain)s)
 ORDER BY domain.name NULLS FIRST, person.address_key COLLATE "C"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listmaster:
    """Somebody who runs the lists of a domain; None: of the whole site."""

    address: str
    domain: str | None
    reception: str
    since: datetime


def grant(
    conn: "psycopg.Connection[Any]",
    address: str,
    *,
    domain: str | None,
    actor: str,
    how: str = "",
) -> None:
    """Make somebody a listmaster; UsageError who is one there already."""
    domain_id = _domain_id(conn, domain)
    person_id = persons.find_or_make(conn, address)
    if not conn.execute(_GRANT, [domain_id, person_id]).rowcount:
        raise SaidError(ALREADY, address=address, place=_place_said(domain))
    _note(conn, address, domain, action="listmaster.add", actor=actor, how=how)


def revoke(
    conn: "psycopg.Connection[Any]",
    address: str,
    *,
    domain: str | None,
    actor: str,
    how: str = "",
) -> None:
    """End that somebody is a listmaster; UsageError for who is none there."""
    where = {
        "domain_id": _domain_id(conn, domain),
        "person_id": persons.find(conn, address),
    }
    if not conn.execute(_REVOKE, where).rowcount:
        raise SaidError(NOT_ONE, address=address, place=_place_said(domain))
    _note(conn, address, domain, action="listmaster.del", actor=actor, how=how)


def listmasters(
    conn: "psycopg.Connection[Any]", *, domain: str | None = None
) -> list[Listmaster]:
    """Return the listmasters, those of the site first; or those of one domain alone."""
    if domain is not None:
        _domain_id(conn, domain)
        domain = domain_name(domain)
    cursor = conn.cursor(row_factory=class_row(Listmaster))
    return cursor.execute(_ALL, {"domain": domain}).fetchall()


def _domain_id(conn: "psycopg.Connection[Any]", domain: str | None) -> int | None:
    if domain is None:
        return None
    name = domain_name(domain)
    row = conn.execute(_DOMAIN, [name]).fetchone()
    if row is None:
        raise UsageError(f"There is no domain {name} here.")
    return int(row[0])


def _place(domain: str | None) -> str:
    return SITE if domain is None else domain_name(domain)


def _place_said(domain: str | None) -> Text | str:
    return Text(SITE) if domain is None else domain_name(domain)


def _note(
    conn: "psycopg.Connection[Any]",
    address: str,
    domain: str | None,
    *,
    action: str,
    actor: str,
    how: str,
) -> None:
    audit.note(
        conn,
        actor=actor,
        action=action,
        subject=_place(domain),
        detail={"address": address, **({"how": how} if how else {})},
    )
