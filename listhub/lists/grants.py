"""Who owns and who moderates a list: given, changed and taken; the audit has it all."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from listhub.i18n.text import N_
from listhub.lists import audit, persons
from listhub.lists.said import SaidError

Kind = Literal["owner", "moderator"]
Profile = Literal["normal", "privileged"]

_LONGEST_INFO = 500  # characters

_GRANT = """
INSERT INTO role (list_id, person_id, kind, profile) VALUES (%s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""
_REVOKE = """
DELETE FROM role WHERE list_id = %s AND person_id = %s AND kind = %s
"""
_HOLDERS = """
SELECT person.address, person.display_name AS name, role.profile, role.reception,
       role.concealed, role.info, role.created_at AS since
  FROM role JOIN person ON person.id = role.person_id
 WHERE role.list_id = %s AND role.kind = %s
"""
_IN_ORDER = f'{_HOLDERS} ORDER BY person.address_key COLLATE "C"'
_LOCK = f"{_HOLDERS} AND role.person_id = %s FOR NO KEY UPDATE OF role"
_CHANGE = """
UPDATE role SET profile = %(profile)s, reception = %(reception)s,
       concealed = %(concealed)s, info = %(info)s
 WHERE list_id = %(list_id)s AND kind = %(kind)s AND person_id = %(person_id)s
"""


#: Locked in one order, so that nobody waits in a ring.
_OWNERS = """
SELECT person_id FROM role WHERE list_id = %s AND kind = 'owner'
 ORDER BY person_id FOR UPDATE
"""

ALREADY: Mapping[Kind, str] = {
    "owner": N_("%(address)s is an owner of %(list)s already."),
    "moderator": N_("%(address)s is a moderator of %(list)s already."),
}
NONE: Mapping[Kind, str] = {
    "owner": N_("%(address)s is not an owner of %(list)s."),
    "moderator": N_("%(address)s is not a moderator of %(list)s."),
}
WRONG_INFO = N_("The info must be one line of at most %(most)s characters.")
LAST_OWNER = N_(
    "%(address)s is the only owner of %(list)s: without an owner nobody looks after it."
)


class LastOwnerError(SaidError):
    """Nobody would be left to look after a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """An owner or moderator, with all that belongs to the role."""

    address: str
    name: str
    profile: str
    reception: str
    concealed: bool
    info: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be otherwise; None leaves it as it is."""

    profile: Profile | None = None
    #: Whether the role's mail comes.
    reception: Literal["mail", "none"] | None = None
    concealed: bool | None = None
    #: What other people should know, on one line.
    info: str | None = None


def grant(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    address: str,
    *,
    kind: Kind,
    name: str,
    actor: str,
    profile: Profile = "normal",
    how: str = "",
) -> None:
    """Make somebody an owner or moderator of the list that people call `name`.

    UsageError for an address that is none, or who is it already.
    """
    person_id = persons.find_or_make(conn, address)
    if not conn.execute(_GRANT, [list_id, person_id, kind, profile]).rowcount:
        raise SaidError(ALREADY[kind], address=address, list=name)
    _note(conn, list_id, address, action=f"{kind}.add", name=name, actor=actor, how=how)


def revoke(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    address: str,
    *,
    kind: Kind,
    name: str,
    actor: str,
    keep_last: bool = False,
    how: str = "",
) -> None:
    """End that somebody is an owner or moderator; UsageError for who is none.

    With `keep_last` LastOwnerError for a list's only owner.
    """
    person_id = persons.find(conn, address)
    if keep_last and kind == "owner":
        # Locked: of two owners who end each other's role one stays.
        rows = conn.execute(_OWNERS, [list_id]).fetchall()
        if rows == [(person_id,)]:
            raise LastOwnerError(LAST_OWNER, address=address, list=name)
    if not conn.execute(_REVOKE, [list_id, person_id, kind]).rowcount:
        raise SaidError(NONE[kind], address=address, list=name)
    _note(conn, list_id, address, action=f"{kind}.del", name=name, actor=actor, how=how)


def change(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    address: str,
    changes: Changes,
    *,
    kind: Kind,
    name: str,
    actor: str,
    how: str = "",
) -> Mapping[str, tuple[object, object]]:
    """Change a role; return what was changed: before and after, by the field.

    UsageError for who does not hold it, and for an info that is too long.
    """
    info = changes.info
    if info is not None and (len(info) > _LONGEST_INFO or not info.isprintable()):
        raise SaidError(WRONG_INFO, most=_LONGEST_INFO)
    person_id = persons.find(conn, address)
    cursor = conn.cursor(row_factory=class_row(Holder))
    before = cursor.execute(_LOCK, [list_id, kind, person_id]).fetchone()
    if before is None:
        raise SaidError(NONE[kind], address=address, list=name)
    wanted = {k: v for k, v in dataclasses.asdict(changes).items() if v is not None}
    after = dataclasses.replace(before, **wanted)
    changed = {
        field: (old, value)
        for field, value in wanted.items()
        if (old := getattr(before, field)) != value
    }
    if changed:
        where = {"list_id": list_id, "kind": kind, "person_id": person_id}
        conn.execute(_CHANGE, dataclasses.asdict(after) | where)
        _note(
            conn,
            list_id,
            address,
            action=f"{kind}.set",
            name=name,
            actor=actor,
            how=how,
            changes={field: list(both) for field, both in changed.items()},
        )
    return changed


def of_list(
    conn: "psycopg.Connection[Any]", list_id: int, *, kind: Kind
) -> list[Holder]:
    """Return a list's owners or moderators by their addresses."""
    cursor = conn.cursor(row_factory=class_row(Holder))
    return cursor.execute(_IN_ORDER, [list_id, kind]).fetchall()


def holders(conn: "psycopg.Connection[Any]", list_id: int, *, kind: Kind) -> list[str]:
    """Return the addresses of a list's owners or moderators."""
    return [holder.address for holder in of_list(conn, list_id, kind=kind)]


def _note(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    address: str,
    *,
    action: str,
    name: str,
    actor: str,
    how: str,
    **detail: object,
) -> None:
    audit.note(
        conn,
        actor=actor,
        action=action,
        subject=name,
        list_id=list_id,
        detail={"address": address, **detail, **({"how": how} if how else {})},
    )
