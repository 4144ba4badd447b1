"""Owners, moderators and listmasters: who gets mail to -request and -editor."""

from typing import Any

import psycopg

from listhub.mail.recipient import AddressKind

_OF_LIST = """
SELECT person.address FROM role JOIN person ON person.id = role.person_id
 WHERE role.list_id = %s AND role.kind = %s ORDER BY person.address_key
"""

# The domain's own come first; without any, those of the site.
_LISTMASTERS = """
SELECT person.address FROM role JOIN person ON person.id = role.person_id
 WHERE role.kind = 'listmaster'
   AND role.domain_id IS NOT DISTINCT FROM (
       SELECT max(domain_id) FROM role
        WHERE kind = 'listmaster' AND domain_id = %s)
 ORDER BY person.address_key
"""

#: Whose mail goes to which roles, the first that somebody holds.
_FALL_BACK = {
    AddressKind.EDITOR: ("moderator", "owner"),
    AddressKind.OWNER: ("owner",),
}


def receivers(
    conn: "psycopg.Connection[Any]",
    kind: AddressKind,
    *,
    list_id: int | None,
    domain_id: int | None,
    site_listmaster: str,
) -> list[str]:
    """Return who gets mail to a role address, or [] if nobody holds the role.

    Moderators' mail falls back to the owners, listmasters' to the site's.
    """
    if kind in _FALL_BACK:
        found = (_of_list(conn, list_id, role) for role in _FALL_BACK[kind])
        return next(filter(None, found), [])
    rows = conn.execute(_LISTMASTERS, [domain_id]).fetchall()
    site = [site_listmaster] if site_listmaster else []
    return [address for (address,) in rows] or site


def owners_of(conn: "psycopg.Connection[Any]", list_id: int | None) -> list[str]:
    """Return the addresses of a list's owners."""
    return _of_list(conn, list_id, "owner")


def _of_list(
    conn: "psycopg.Connection[Any]", list_id: int | None, kind: str
) -> list[str]:
    rows = conn.execute(_OF_LIST, [list_id, kind]).fetchall()
    return [address for (address,) in rows]
