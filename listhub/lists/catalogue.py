"""The catalogue: which domains and lists there are; they are made and closed here.

Every change is written to the audit in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists import audit, grants, settings
from listhub.mail.address import parse_addr_spec
from listhub.mail.recipient import valid_list_name


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRow:
    """A domain and how many lists it has."""

    id: int
    name: str
    created_at: datetime
    open: int
    closed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A list; `sequence` is the number of its last post."""

    id: int
    domain_id: int
    address: str
    status: str
    sequence: int
    created_at: datetime
    closed_at: datetime | None
    members: int


# --- domains ------------------------------------------------------------------

_DOMAINS = """
SELECT domain.id, domain.name, domain.created_at,
       count(*) FILTER (WHERE mailing_list.status = 'open') AS open,
       count(*) FILTER (WHERE mailing_list.status = 'closed') AS closed
  FROM domain LEFT JOIN mailing_list ON mailing_list.domain_id = domain.id
 GROUP BY domain.id ORDER BY domain.name
"""
_ADD_DOMAIN = """
INSERT INTO domain (name) VALUES (%s) ON CONFLICT (name) DO NOTHING RETURNING id
"""


def domain_name(text: str) -> str:
    """Return a domain's name as mail servers write it; UsageError when it is none.

    Lower case, and ASCII: letters of other alphabets as A-labels (RFC 5890).
    """
    address = parse_addr_spec(f"x@{text.strip()}")
    written = address.ascii if address else None
    if written is None or "[" in written:
        raise UsageError(
            f"{shown(text)} is not the name of a domain, such as lists.example.org."
        )
    return written.removeprefix("x@").lower()


def add_domain(conn: "psycopg.Connection[Any]", name: str, *, actor: str) -> str:
    """Add a domain and return its name; UsageError if it is wrong or there already."""
    name = domain_name(name)
    if conn.execute(_ADD_DOMAIN, [name]).fetchone() is None:
        raise UsageError(f"The domain {name} is here already.")
    audit.note(conn, actor=actor, action="domain.add", subject=name)
    return name


def remove_domain(conn: "psycopg.Connection[Any]", name: str, *, actor: str) -> str:
    """Remove a domain without lists and return its name; UsageError if it has some."""
    name = domain_name(name)
    # Locked: no list can be created in it meanwhile.
    row = conn.execute(
        "SELECT id FROM domain WHERE name = %s FOR UPDATE", [name]
    ).fetchone()
    if row is None:
        raise UsageError(f"There is no domain {name} here.")
    lists = conn.execute(
        "SELECT address FROM mailing_list WHERE domain_id = %s ORDER BY address", row
    ).fetchall()
    if lists:
        amount = "1 list" if len(lists) == 1 else f"{len(lists)} lists"
        raise UsageError(
            f"The domain {name} has {amount}, {lists[0][0]} first; lists are closed"
            " and never removed, so it stays."
        )
    conn.execute("DELETE FROM domain WHERE id = %s", row)
    audit.note(conn, actor=actor, action="domain.rm", subject=name)
    return name


def domains(conn: "psycopg.Connection[Any]") -> list[DomainRow]:
    """Return all domains by name."""
    return conn.cursor(row_factory=class_row(DomainRow)).execute(_DOMAINS).fetchall()


# --- lists --------------------------------------------------------------------

_LISTS = """
SELECT list.id, list.domain_id, list.address, list.status, list.sequence,
       list.created_at, list.closed_at,
       (SELECT count(*) FROM subscription WHERE list_id = list.id) AS members
  FROM mailing_list AS list JOIN domain ON domain.id = list.domain_id
 WHERE (%(address)s::text IS NULL OR list.address = %(address)s)
   AND (%(domain)s::text IS NULL OR domain.name = %(domain)s)
   AND (%(status)s::text IS NULL OR list.status = %(status)s)
 ORDER BY domain.name, list.name
"""
_CREATE = """
INSERT INTO mailing_list (domain_id, name, address, status) VALUES (%s, %s, %s, %s)
    ON CONFLICT (address) DO NOTHING RETURNING id
"""
_SET_STATUS = """
UPDATE mailing_list
   SET status = %(status)s,
       closed_at = CASE WHEN %(status)s = 'closed' THEN now() END
 WHERE id = %(id)s AND status <> %(status)s
"""


def lists(
    conn: "psycopg.Connection[Any]",
    *,
    domain: str | None = None,
    status: str | None = None,
) -> list[ListRow]:
    """Return the lists by domain and name; UsageError for a domain that is not here."""
    name = None if domain is None else domain_name(domain)
    if name is not None:
        settings.find_level(conn, domain=name)
    return _select(conn, domain=name, status=status)


def find_list(conn: "psycopg.Connection[Any]", address: str) -> ListRow:
    """Return the list of that address; UsageError if there is none."""
    written = parse_addr_spec(address.strip())
    found = []
    if written is not None and "[" not in written.domain:
        local, domain = written.local.lower(), domain_name(written.domain)
        found = _select(conn, address=f"{local}@{domain}")
    if not found:
        raise UsageError(f"There is no list {shown(address)[1:-1]} here.")
    return found[0]


def _select(conn: "psycopg.Connection[Any]", **wanted: str | None) -> list[ListRow]:
    parameters = {"address": None, "domain": None, "status": None, **wanted}
    cursor = conn.cursor(row_factory=class_row(ListRow))
    return cursor.execute(_LISTS, parameters).fetchall()


def create_list(
    conn: "psycopg.Connection[Any]",
    address: str,
    *,
    actor: str,
    owners: Sequence[str] = (),
    values: Mapping[str, object] | None = None,
    status: Literal["open", "pending"] = "open",
) -> ListRow:
    """Create a list with its owners and settings, and return it.

    UsageError for an address that no list may have, for a domain that is not here,
    an owner's address that is none, or a wrong setting.
    """
    name, domain = _taken_apart(address)
    # Locked: the domain cannot be removed meanwhile.
    row = conn.execute(
        "SELECT id FROM domain WHERE name = %s FOR KEY SHARE", [domain]
    ).fetchone()
    if row is None:
        raise UsageError(
            f"There is no domain {domain} here; add it with"
            f" `listhub domain add {domain}`."
        )
    address = f"{name}@{domain}"
    made = conn.execute(_CREATE, [row[0], name, address, status]).fetchone()
    if made is None:
        raise UsageError(_taken(find_list(conn, address)))
    audit.note(
        conn, actor=actor, action="list.create", subject=address, list_id=made[0]
    )
    created = find_list(conn, address)
    for owner in owners:
        grants.grant(conn, created.id, owner, kind="owner", name=address, actor=actor)
    if values:
        change_settings(conn, created, values, actor=actor)
    return created


def _taken_apart(address: str) -> tuple[str, str]:
    """Return the list's name and its domain's; UsageError for what cannot be a list."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not local:
        raise UsageError(
            f"{shown(address)} is not the address of a list, such as"
            " staff@lists.example.org."
        )
    name = local.lower()
    if not valid_list_name(name):
        raise UsageError(
            f"A list cannot be called {shown(local)}: the name is letters, digits and"
            " . + _ -, begins with a letter or digit, is not listmaster, sympa or the"
            " like, and does not end as -request or another address of a list."
        )
    return name, domain_name(domain)


def _taken(found: ListRow) -> str:
    if found.status == "closed":
        return (
            f"The list {found.address} is closed; `listhub list open {found.address}`"
            " opens it again."
        )
    return f"The list {found.address} is here already."


def change_settings(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    changes: Mapping[str, object | None],
    *,
    actor: str,
) -> int:
    """Change settings of a list and return their version; None removes a value."""
    version = settings.set_values(
        conn, scope="list", list_id=found.id, changes=changes, changed_by=actor
    )
    detail = {"version": version, "changes": dict(changes)}
    audit.note(
        conn,
        actor=actor,
        action="list.set",
        subject=found.address,
        list_id=found.id,
        detail=detail,
    )
    return version


def set_status(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    status: str,
    *,
    actor: str,
    how: str = "",
) -> bool:
    """Make a list open or closed; False when it was so already.

    A closed list takes no posts and keeps its members, settings and archive.
    """
    changed = conn.execute(_SET_STATUS, {"id": found.id, "status": status}).rowcount
    if changed:
        action = "list.open" if status == "open" else "list.close"
        audit.note(
            conn,
            actor=actor,
            action=action,
            subject=found.address,
            list_id=found.id,
            detail={"how": how} if how else None,
        )
    return bool(changed)
