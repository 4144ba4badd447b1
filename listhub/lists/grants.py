"""Who owns and who moderates a list: given and taken, each change in the audit."""

from typing import Any, Literal

import psycopg

from listhub.errors import UsageError
from listhub.lists import audit, persons

Kind = Literal["owner", "moderator"]

_GRANT = """
INSERT INTO role (list_id, person_id, kind) VALUES (%s, %s, %s)
    ON CONFLICT DO NOTHING
"""
_REVOKE = """
DELETE FROM role WHERE list_id = %s AND person_id = %s AND kind = %s
"""
_HOLDERS = """
SELECT person.address FROM role JOIN person ON person.id = role.person_id
 WHERE role.list_id = %s AND role.kind = %s ORDER BY person.address_key COLLATE "C"
"""


def grant(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    address: str,
    *,
    kind: Kind,
    name: str,
    actor: str,
) -> None:
    """Make somebody an owner or moderator of the list that people call `name`.

    UsageError for an address that is none, or who is it already.
    """
    person_id = persons.find_or_make(conn, address)
    if not conn.execute(_GRANT, [list_id, person_id, kind]).rowcount:
        raise UsageError(f"{address} is {_a(kind)} of {name} already.")
    _note(conn, list_id, address, action=f"{kind}.add", name=name, actor=actor)


def revoke(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    address: str,
    *,
    kind: Kind,
    name: str,
    actor: str,
) -> None:
    """End that somebody is an owner or moderator; UsageError for who is none."""
    person_id = persons.find(conn, address)
    if not conn.execute(_REVOKE, [list_id, person_id, kind]).rowcount:
        raise UsageError(f"{address} is not {_a(kind)} of {name}.")
    _note(conn, list_id, address, action=f"{kind}.del", name=name, actor=actor)


def holders(conn: "psycopg.Connection[Any]", list_id: int, *, kind: Kind) -> list[str]:
    """Return the addresses of a list's owners or moderators."""
    rows = conn.execute(_HOLDERS, [list_id, kind]).fetchall()
    return [address for (address,) in rows]


def _a(kind: Kind) -> str:
    return "an owner" if kind == "owner" else "a moderator"


def _note(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    address: str,
    *,
    action: str,
    name: str,
    actor: str,
) -> None:
    audit.note(
        conn,
        actor=actor,
        action=action,
        subject=name,
        list_id=list_id,
        detail={"address": address},
    )
