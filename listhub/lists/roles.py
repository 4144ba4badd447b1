"""Owners, moderators and listmasters: who gets mail to -request and -editor.

Of those who hold a role, the ones get its mail who want it; where nobody does, all of
them: mail to a role is better read by the unwilling than by nobody.
"""

from typing import Any

import psycopg

from listhub.mail.recipient import AddressKind

_OF_LIST = """
SELECT person.address, role.reception = 'mail'
  FROM role JOIN person ON person.id = role.person_id
 WHERE role.list_id = %s AND role.kind = %s ORDER BY person.address_key
"""

# The domain's own come first; without any, those of the site.
_LISTMASTERS = """
SELECT person.address, role.reception = 'mail'
  FROM role JOIN person ON person.id = role.person_id
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
    site = [site_listmaster] if site_listmaster else []
    return _reached(conn, _LISTMASTERS, domain_id) or site


def owners_of(conn: "psycopg.Connection[Any]", list_id: int | None) -> list[str]:
    """Return the addresses of a list's owners who get its mail."""
    return _of_list(conn, list_id, "owner")


def _of_list(
    conn: "psycopg.Connection[Any]", list_id: int | None, kind: str
) -> list[str]:
    return _reached(conn, _OF_LIST, list_id, kind)


def _reached(conn: "psycopg.Connection[Any]", query: str, *values: object) -> list[str]:
    """Return the holders who want the role's mail, or all of them if none does."""
    rows = conn.execute(query.encode(), values).fetchall()
    return [address for address, wants in rows if wants] or [row[0] for row in rows]
