"""Persons, shared by all lists: one row for each address, by its key."""

from typing import Any

import psycopg

from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists import audit
from listhub.mail.address import key, parse_addr_spec

_INSERT = """
INSERT INTO person (address, address_key) VALUES (%s, %s)
    ON CONFLICT (address_key) DO NOTHING
"""
_LANGUAGE = "SELECT language FROM person WHERE id = %s FOR NO KEY UPDATE"
_SET_LANGUAGE = "UPDATE person SET language = %s WHERE id = %s"


def find_or_make(conn: "psycopg.Connection[Any]", address: str) -> int:
    """Return the id of the person of that address; UsageError when it is none."""
    written = address.strip()
    if parse_addr_spec(written) is None:
        raise UsageError(f"{shown(written)} is not an e-mail address.")
    conn.execute(_INSERT, [written, key(written)])
    found = find(conn, written)
    if found is None:  # deleted between the two statements
        raise UsageError(f"{shown(written)} is being removed; try again.")
    return found


def set_language(
    conn: "psycopg.Connection[Any]", address: str, language: str | None, *, actor: str
) -> dict[str, tuple[object, object]]:
    """Choose the language of our mail to a person, None: the list's.

    Returns what was changed, before and after, if anything; UsageError for strangers.
    """
    person_id = find(conn, address)
    row = conn.execute(_LANGUAGE, [person_id]).fetchone()
    if row is None:
        raise UsageError(f"Nobody here has the address {shown(address)[1:-1]}.")
    if row[0] == language:
        return {}
    conn.execute(_SET_LANGUAGE, [language, person_id])
    detail = {"language": [row[0], language]}
    audit.note(conn, actor=actor, action="person.set", subject=address, detail=detail)
    return {"language": (row[0], language)}


def find(conn: "psycopg.Connection[Any]", address: str) -> int | None:
    """Return the id of the person of that address, or None."""
    if parse_addr_spec(address.strip()) is None:
        return None
    row = conn.execute(
        "SELECT id FROM person WHERE address_key = %s", [key(address)]
    ).fetchone()
    return row[0] if row else None
