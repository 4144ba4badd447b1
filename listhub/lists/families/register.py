"""The families that there are; they are found, written and removed here.

A change is a new version; lists are brought in step with it by `following`, each for
itself.  Whoever makes a list in a family holds its row, and so does who changes it.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from listhub.config import Settings
from listhub.config.fields import nearest, shown
from listhub.errors import UsageError
from listhub.lists import audit
from listhub.lists.families import document, pattern as patterns
from listhub.lists.families.document import Family
from listhub.lists.files import DbFiles
from listhub.lists.settings import find_level
from listhub.lists.sources import kinds
from listhub.lists.sources.sealing import Sealing
from listhub.policy.library import find as find_file, scenario_path

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")

_ALL = """
SELECT family.name, domain.name AS domain, family.pattern,
       count(list.id) FILTER (WHERE list.status <> 'closed') AS open,
       count(list.id) FILTER (WHERE list.status = 'closed') AS closed,
       count(member.problem) AS problems, newest.version, newest.changed_by,
       newest.changed_at
  FROM family LEFT JOIN domain ON domain.id = family.domain_id
  CROSS JOIN LATERAL (
       SELECT version, changed_by, changed_at FROM family_version
        WHERE family_version.family = family.name
        ORDER BY version DESC LIMIT 1) AS newest
  LEFT JOIN family_list AS member ON member.family = family.name
  LEFT JOIN mailing_list AS list ON list.id = member.list_id
 GROUP BY family.name, domain.name, newest.version, newest.changed_by,
          newest.changed_at
 ORDER BY family.name
"""
_FIND = """
SELECT family.domain_id, version.version, version.document
  FROM family JOIN family_version AS version ON version.family = family.name
 WHERE family.name = %s ORDER BY version.version DESC LIMIT 1
"""
_NAMES = "SELECT name FROM family ORDER BY name"
#: Two who make lists do not hinder each other; who changes the family waits for both.
_USE = "SELECT FROM family WHERE name = %s FOR SHARE"
_CHANGE = "SELECT FROM family WHERE name = %s FOR UPDATE"
_INSERT = "INSERT INTO family (name) VALUES (%s) ON CONFLICT DO NOTHING"
_UPDATE = """
UPDATE family SET domain_id = %(domain_id)s, pattern = %(pattern)s,
       expression = %(expression)s WHERE name = %(name)s
"""
_INSERT_VERSION = """
INSERT INTO family_version (family, version, document, changed_by)
VALUES (%(name)s, %(version)s, %(document)s, %(actor)s)
"""
_VERSION = "SELECT document FROM family_version WHERE family = %s AND version = %s"
_ELSEWHERE = """
SELECT list.address FROM family_list JOIN mailing_list AS list ON list.id = list_id
 WHERE family_list.family = %s AND list.domain_id <> %s ORDER BY list.address LIMIT 1
"""
_OPEN = """
SELECT list.address FROM family_list JOIN mailing_list AS list ON list.id = list_id
 WHERE family_list.family = %s AND list.status <> 'closed' ORDER BY list.address
"""
_FILES = """
SELECT path, changed_by, changed_at
  FROM (SELECT DISTINCT ON (path) path, content, changed_by, changed_at
          FROM custom_file
         WHERE scope = 'family' AND family = %s AND domain_id IS NULL
         ORDER BY path, id DESC) AS newest
 WHERE content IS NOT NULL ORDER BY path
"""
_REMOVE_FILES = """
INSERT INTO custom_file (scope, domain_id, family, path, content, changed_by)
SELECT 'family', domain_id, family, path, NULL, %(actor)s
  FROM (SELECT DISTINCT ON (domain_id, path) domain_id, family, path, content
          FROM custom_file WHERE scope = 'family' AND family = %(name)s
         ORDER BY domain_id, path, id DESC) AS newest
 WHERE content IS NOT NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyRow:
    """A family at a glance: its lists, and how many of them cannot follow it."""

    name: str
    domain: str | None
    pattern: str | None
    open: int
    closed: int
    problems: int
    version: int
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A family as it is in force."""

    name: str
    version: int
    family: Family
    domain_id: int | None
    #: Opens the passwords of its sources; without it they are closed.
    sealing: Sealing | None = None


def families(conn: "psycopg.Connection[Any]") -> list[FamilyRow]:
    """Return all families by name."""
    return conn.cursor(row_factory=class_row(FamilyRow)).execute(_ALL).fetchall()


def find(
    conn: "psycopg.Connection[Any]", name: str, *, sealing: Sealing | None = None
) -> Kept:
    """Return a family; UsageError if there is none of that name."""
    row = conn.execute(_FIND, [name]).fetchone()
    if row is None:
        known = [found[0] for found in conn.execute(_NAMES)]
        hint = f"; did you mean {nearest(name, known)}?" if known else "."
        raise UsageError(f"There is no family {shown(name)[1:-1]} here{hint}")
    return Kept(
        name=name,
        domain_id=row[0],
        version=row[1],
        family=document.opened(document.of_document(row[2]), sealing),
        sealing=sealing,
    )


def use(conn: "psycopg.Connection[Any]", name: str, *, settings: Settings) -> Kept:
    """Return a family that does not change until the end of the transaction."""
    conn.execute(_USE, [name])
    return find(conn, name, sealing=Sealing(settings=settings))


def at_version(conn: "psycopg.Connection[Any]", kept: Kept, version: int) -> Family:
    """Return a family as it was."""
    row = conn.execute(_VERSION, [kept.name, version]).fetchone()
    return document.opened(document.of_document(row[0] if row else {}), kept.sealing)


def files_of(
    conn: "psycopg.Connection[Any]", name: str
) -> list[tuple[str, str, datetime]]:
    """Return the files of a family by path: who changed each, and when."""
    return conn.execute(_FILES, [name]).fetchall()


def put(
    conn: "psycopg.Connection[Any]",
    name: str,
    family: Family,
    *,
    actor: str,
    settings: Settings,
) -> int:
    """Write a family and return its version; the same again makes no new one.

    Its lists do not follow yet.  Passwords of its sources are sealed.  UsageError for a name, domain or scenario that cannot
    be, and for lists that would be outside of its domain.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{shown(name)} is not a name of a family, such as courses-2026: small"
            " letters, digits and . _ -, at most 60."
        )
    domain_id = _domain_id(conn, name, family)
    _check_scenario(conn, name, family, domain_id=domain_id)
    new = conn.execute(_INSERT, [name]).rowcount == 1
    conn.execute(_CHANGE, [name])
    sealing = Sealing(settings=settings)
    before = None if new else find(conn, name, sealing=sealing)
    if before is not None:
        family = document.with_secrets_of(family, before.family)
        if family == before.family:
            return before.version
    _check_secrets(family)
    version = before.version + 1 if before else 1
    pattern = patterns.parse(family.pattern) if family.pattern else None
    values = {
        "name": name,
        "domain_id": domain_id,
        "pattern": pattern and pattern.written,
        "expression": pattern and pattern.expression,
        "version": version,
        "document": Jsonb(document.document(document.sealed(family, sealing))),
        "actor": actor,
    }
    conn.execute(_UPDATE, values)
    conn.execute(_INSERT_VERSION, values)
    _note(conn, name, action="family.put", actor=actor, version=version)
    return version


def remove(conn: "psycopg.Connection[Any]", name: str, *, actor: str) -> None:
    """Remove a family that has no lists any more, with its files.

    UsageError while it has some: closed ones leave it by `instances.leave`.
    """
    find(conn, name)
    conn.execute(_CHANGE, [name])
    lists = conn.execute(_OPEN, [name]).fetchall()
    if lists:
        amount = "1 open list" if len(lists) == 1 else f"{len(lists)} open lists"
        raise UsageError(
            f"The family {name} has {amount}, {lists[0][0]} first; close them with"
            f" `listhub family close {name}`, or let them leave it."
        )
    conn.execute(_REMOVE_FILES, {"name": name, "actor": actor})
    conn.execute("DELETE FROM family WHERE name = %s", [name])
    _note(conn, name, action="family.rm", actor=actor)


def _domain_id(
    conn: "psycopg.Connection[Any]", name: str, family: Family
) -> int | None:
    if not family.domain:
        return None
    domain_id = find_level(conn, domain=family.domain)["domain_id"]
    elsewhere = conn.execute(_ELSEWHERE, [name, domain_id]).fetchone()
    if elsewhere:
        raise UsageError(
            f"The list {elsewhere[0]} of the family {name} is not in {family.domain}."
        )
    return domain_id


def _check_secrets(family: Family) -> None:
    for source in family.sources:
        for field, value in source.fields.items():
            if value == kinds.HIDDEN:
                raise UsageError(
                    f"source {shown(source.name)}: {field} is {kinds.HIDDEN}, and none"
                    " is stored that could be meant."
                )


def _check_scenario(
    conn: "psycopg.Connection[Any]",
    name: str,
    family: Family,
    *,
    domain_id: int | None,
) -> None:
    path = scenario_path("automatic_list_creation", family.creation)
    if find_file(DbFiles(conn, domain_id=domain_id, family=name), path) is None:
        raise UsageError(f"creation: there is no scenario {path}.")


def _note(
    conn: "psycopg.Connection[Any]",
    name: str,
    *,
    action: str,
    actor: str,
    **detail: object,
) -> None:
    audit.note(conn, actor=actor, action=action, subject=name, detail=detail)
