"""The audit: who did what to which object, one row for each change."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

_INSERT = """
INSERT INTO audit (actor, action, object, list_id, detail)
VALUES (%(actor)s, %(action)s, %(object)s, %(list_id)s, %(detail)s)
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
