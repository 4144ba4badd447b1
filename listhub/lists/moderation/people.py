"""Who is asked, and who may decide."""

from typing import Any

import psycopg

from listhub.lists.moderation.request import Request, WaitsFor
from listhub.mail.address import key, parse_addr_spec

# In the order in which somebody is looked for; the mail of one who wants none is
# still better read by them than by nobody.
_LADDERS: dict[WaitsFor, tuple[str, ...]] = {
    "moderators": ("moderator", "owner", "listmaster"),
    "owners": ("owner", "listmaster"),
    "listmasters": ("listmaster",),
    "person": (),
}
_HOLDERS = """
SELECT role.kind, person.address, role.reception = 'mail', role.domain_id
  FROM role JOIN person ON person.id = role.person_id
 WHERE role.list_id = %(list_id)s AND role.kind IN ('moderator', 'owner')
    OR role.kind = 'listmaster'
       AND (role.domain_id = %(domain_id)s OR role.domain_id IS NULL)
 ORDER BY person.address_key COLLATE "C"
"""
_MAY = """
SELECT EXISTS (
    SELECT FROM role JOIN person ON person.id = role.person_id
     WHERE person.address_key = %(key)s AND role.kind = ANY(%(kinds)s)
       AND CASE role.kind WHEN 'listmaster'
                THEN role.domain_id = %(domain_id)s OR role.domain_id IS NULL
                ELSE role.list_id = %(list_id)s END)
"""


def deciders(
    conn: "psycopg.Connection[Any]",
    *,
    waits_for: WaitsFor,
    list_id: int | None,
    domain_id: int,
    site_listmaster: str,
) -> list[str]:
    """Return who is asked: those of the first role held who take mail, or all of them.

    Moderators, then owners, then the domain's listmasters, then the site's.
    """
    rows = conn.execute(
        _HOLDERS, {"list_id": list_id, "domain_id": domain_id}
    ).fetchall()
    for kind in _LADDERS[waits_for]:
        held = [row for row in rows if row[0] == kind]
        own = [row for row in held if row[3] is not None]
        held = own if kind == "listmaster" and own else held
        reached = [address for _, address, wants_mail, _ in held if wants_mail]
        if held:
            return reached or [address for _, address, _, _ in held]
    wanted = waits_for != "person" and parse_addr_spec(site_listmaster) is not None
    return [site_listmaster] if wanted else []


def may_decide(
    conn: "psycopg.Connection[Any]",
    request: Request,
    person: str,
    *,
    site_listmaster: str = "",
) -> bool:
    """Tell whether somebody may decide about a request by who they are.

    Whoever is further down the ladder may too: owners decide for moderators.  What
    waits for the person who asked is decided by key alone.
    """
    site = site_listmaster and key(person) == key(site_listmaster)
    if site and request.waits_for != "person":
        return True
    wanted = {
        "key": key(person),
        "kinds": list(_LADDERS[request.waits_for]),
        "domain_id": request.domain_id,
        "list_id": request.list_id,
    }
    row = conn.execute(_MAY, wanted).fetchone()
    return bool(row and row[0])
