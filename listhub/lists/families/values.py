"""What scenarios may ask of a list's family: [family->name], [family->owner] and fields."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from listhub.lists.families import given as givens, pattern as patterns, placeholders
from listhub.lists.families.document import Family, of_document

_FAMILY = """
SELECT document FROM family_version WHERE family = %s ORDER BY version DESC LIMIT 1
"""
_GIVEN = "SELECT given FROM family_list WHERE list_id = %s"


def values(
    conn: "psycopg.Connection[Any]", name: str, *, list_id: int | None, list_name: str
) -> Mapping[str, tuple[str, ...]]:
    """Return the values of a family for a list, or for one that is yet to be made."""
    row = conn.execute(_FAMILY, [name]).fetchone()
    family = of_document(row[0]) if row else Family()
    row = conn.execute(_GIVEN, [list_id]).fetchone()
    given = givens.of_document(row[0] if row else {})
    fields = dict(given.fields)
    if not fields and family.pattern:
        fields = patterns.parse(family.pattern).read(list_name) or {}

    def filled(texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(placeholders.fill_text(each, fields) for each in texts)

    return {
        **{field: (value,) for field, value in fields.items()},
        "name": (name,),
        "owner": filled((*family.owners, *given.owners)),
        "moderator": filled((*family.moderators, *given.moderators)),
    }
