"""What a family lets its lists set for themselves.

    defaults <- site <- domain <- family <- list

The family's level is kept for each list, as the family and the list's line make it.
What the family locks is not the list's own to say, or only among a few values.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg

from listhub.config.fields import shown
from listhub.errors import UsageError

#: What is locked, by the setting's name: what lists may choose from, None: nothing.
Locked = Mapping[str, Sequence[object] | None]

_LOCKED = """
SELECT version.family, version.document->'locked'
  FROM family_list AS list JOIN family_version AS version USING (family)
 WHERE list.list_id = %s ORDER BY version.version DESC LIMIT 1
"""


def check_own(
    conn: "psycopg.Connection[Any]", list_id: int | None, values: Mapping[str, object]
) -> None:
    """Raise UsageError if a list may not have one of these values of its own."""
    family, locked = find_locked(conn, list_id)
    for name in forbidden(locked, values):
        allowed = locked[name]
        choices = (
            f"may be {' or '.join(map(shown, allowed))}" if allowed else "is fixed"
        )
        raise UsageError(
            f"{name} {choices} in all lists of the family {family}, not"
            f" {shown(values[name])}."
        )


def find_locked(
    conn: "psycopg.Connection[Any]", list_id: int | None
) -> tuple[str, Locked]:
    """Return the family of a list, "" without one, and what it locks."""
    row = conn.execute(_LOCKED, [list_id]).fetchone() if list_id else None
    return (row[0], row[1] or {}) if row else ("", {})


def forbidden(locked: Locked, values: Mapping[str, object]) -> Iterator[str]:
    """Yield the names of the values that a list may not have of its own."""
    for name, value in values.items():
        # As JSON has it.
        plain = list(value) if isinstance(value, tuple) else value
        if name in locked and plain not in (locked[name] or ()):
            yield name
