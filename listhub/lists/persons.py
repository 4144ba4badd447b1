"""Persons, shared by all lists: one row for each address, by its key."""

from typing import Any

import psycopg

from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists import audit
from listhub.mail.address import key, parse_addr_spec

#: Characters.
NAME_LIMIT = 200

_INSERT = """
INSERT INTO person (address, address_key) VALUES (%s, %s)
    ON CONFLICT (address_key) DO NOTHING
"""
_LANGUAGE = "SELECT language FROM person WHERE id = %s FOR NO KEY UPDATE"
_NAME = "SELECT display_name FROM person WHERE id = %s FOR NO KEY UPDATE"
_SET_NAME = "UPDATE person SET display_name = %s WHERE id = %s"
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


def set_name(
    conn: "psycopg.Connection[Any]", address: str, name: str, *, actor: str
) -> dict[str, tuple[object, object]]:
    """Change the name beside a person's address, as the person does; "" takes it away.

    Returns what was changed, before and after, if anything; UsageError for strangers,
    and for a name that is too long or not on one line.
    """
    name = " ".join(name.split())
    if len(name) > NAME_LIMIT or not name.isprintable():
        raise UsageError(f"A name must be one line of at most {NAME_LIMIT} characters.")
    person_id = find(conn, address)
    row = conn.execute(_NAME, [person_id]).fetchone()
    if row is None:
        raise UsageError(f"Nobody here has the address {shown(address)[1:-1]}.")
    if row[0] == name:
        return {}
    conn.execute(_SET_NAME, [name, person_id])
    # Neither name stays in the audit: who erases theirs is to be gone from there.
    detail = {"address": address, "changed": ["name"]}
    audit.note(conn, actor=actor, action="person.set", subject=address, detail=detail)
    return {"name": (row[0], name)}


def find(conn: "psycopg.Connection[Any]", address: str) -> int | None:
    """Return the id of the person of that address, or None."""
    if parse_addr_spec(address.strip()) is None:
        return None
    row = conn.execute(
        "SELECT id FROM person WHERE address_key = %s", [key(address)]
    ).fetchone()
    return row[0] if row else None
