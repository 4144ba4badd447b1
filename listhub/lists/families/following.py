"""Lists follow a new version of their family, each for itself.

One that cannot, since its line would break the rules now, stays as it was; the version
that it could not follow and why are written down, and it is not tried again before
somebody changes the family or the list's line.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.errors import UsageError
from listhub.lists import catalogue
from listhub.lists.families import instances, register
from listhub.lists.families.register import Kept
from listhub.lists.notices import group, place as places
from listhub.lists.notices.to_owners import FAMILY_RULES, FamilyRules
from listhub.spool import store

_BEHIND = """
SELECT family.name FROM family
  CROSS JOIN LATERAL (
       SELECT version FROM family_version WHERE family_version.family = family.name
        ORDER BY version DESC LIMIT 1) AS newest
 WHERE EXISTS (SELECT FROM family_list AS member
                WHERE member.family = family.name AND member.tried < newest.version)
 ORDER BY family.name
"""
_MEMBERS = """
SELECT list.address
  FROM family_list AS member JOIN mailing_list AS list ON list.id = member.list_id
 WHERE member.family = %(family)s AND member.tried < %(version)s
 ORDER BY member.list_id LIMIT %(limit)s
   FOR UPDATE OF member SKIP LOCKED
"""
_CANNOT = """
UPDATE family_list SET tried = %(version)s, problem = %(problem)s
 WHERE list_id = %(list_id)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What became of one list; `problem`: why it could not follow."""

    address: str
    problem: str = ""
    #: Settings of its own that the family does not allow any more.
    gone: tuple[str, ...] = ()


def behind(conn: "psycopg.Connection[Any]") -> list[str]:
    """Return the families that have lists which do not follow yet."""
    return [row[0] for row in conn.execute(_BEHIND)]


def follow(
    conn: "psycopg.Connection[Any]",
    name: str,
    *,
    actor: str,
    settings: Settings,
    limit: int = 200,
) -> list[Followed]:
    """Let up to `limit` lists of a family follow it; what is left may be asked again.

    Owners who lose settings of their own by it are told.
    """
    kept = register.use(conn, name, settings=settings)
    values = {"family": name, "version": kept.version, "limit": limit}
    addresses = [row[0] for row in conn.execute(_MEMBERS, values)]
    followed = list(_each(conn, kept, addresses, actor=actor))
    for each in followed:
        if each.gone:
            tell(conn, each.address, name, each.gone, settings=settings)
    return followed


def tell(
    conn: "psycopg.Connection[Any]",
    address: str,
    family: str,
    gone: tuple[str, ...],
    *,
    settings: Settings,
) -> None:
    """Tell the owners of a list which settings of their own had to go."""
    found = catalogue.find_list(conn, address)
    place = places.of_list(conn, found.id, settings=settings)
    if place is not None:
        values = FamilyRules(family=family, settings=", ".join(gone))
        items = group.tell(
            conn,
            FAMILY_RULES,
            values,
            place=place,
            settings=settings,
            trace=uuid.uuid4(),
        )
        store.put(conn, items)


def _each(
    conn: "psycopg.Connection[Any]",
    kept: Kept,
    addresses: list[str],
    *,
    actor: str,
) -> Iterator[Followed]:
    for address in addresses:
        found = catalogue.find_list(conn, address)
        instance = instances.of_list(conn, found.id)
        if instance is None:
            continue
        try:
            with conn.transaction():
                gone = instances.change(conn, kept, found, instance.given, actor=actor)
        except UsageError as error:
            problem = error.public
            values = {"version": kept.version, "problem": problem}
            conn.execute(_CANNOT, {**values, "list_id": found.id})
            yield Followed(address=address, problem=problem)
        else:
            yield Followed(address=address, gone=gone or ())
