"""The audit: who did what to which object, one row for each change."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

_INSERT = """
INSERT INTO audit (actor, action, object, list_id, detail)
VALUES (%(actor)s, %(action)s, %(object)s, %(list_id)s, %(detail)s)
"""
_INSERT_EACH = """
INSERT INTO audit (actor, action, object, list_id, detail)
SELECT %(actor)s, %(action)s, %(object)s, %(list_id)s, detail
  FROM unnest(%(details)s::jsonb[]) WITH ORDINALITY AS each (detail, place)
 ORDER BY place
"""


def note(
    conn: "psycopg.Connection[Any]",
    *,
    actor: str,
    action: str,
    subject: str,
    list_id: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write down a change, in the transaction that makes it.

    `subject` is what was changed, as people call it: a list's address, a domain.
    """
    conn.execute(
        _INSERT,
        {
            "actor": actor,
            "action": action,
            "object": subject,
            "list_id": list_id,
            "detail": Jsonb(dict(detail or {})),
        },
    )


def note_each(
    conn: "psycopg.Connection[Any]",
    *,
    actor: str,
    action: str,
    subject: str,
    list_id: int | None = None,
    details: Sequence[Mapping[str, object]],
) -> None:
    """Write down several changes of one kind, a row for each, in one statement."""
    if not details:
        return
    conn.execute(
        _INSERT_EACH,
        {
            "actor": actor,
            "action": action,
            "object": subject,
            "list_id": list_id,
            "details": [Jsonb(dict(detail)) for detail in details],
        },
    )
