"""Where a notice comes from, read from the database."""

from collections.abc import Mapping
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.languages import best_language
from listhub.lists.notices.notice import Place
from listhub.lists.settings import SCOPES, load_levels

_LIST = """
SELECT list.name, domain.name, domain.id
  FROM mailing_list AS list JOIN domain ON domain.id = list.domain_id
 WHERE list.id = %s
"""
_DOMAIN = """
SELECT id, name FROM domain WHERE id = %(id)s OR name = lower(%(name)s)
"""


def of_list(
    conn: "psycopg.Connection[Any]", list_id: int, *, settings: Settings
) -> Place | None:
    """Return the place of a list, None if it is gone.

    It is read as it stands: a notice goes out even if other settings are wrong.
    """
    row = conn.execute(_LIST, [list_id]).fetchone()
    if row is None:
        return None
    levels = load_levels(conn, list_id)
    nearest = [levels[scope] for scope in reversed(SCOPES)]
    return Place(
        domain=row[1],
        domain_id=row[2],
        list_id=list_id,
        list=row[0],
        list_subject=_text({**levels["family"], **levels["list"]}, "subject"),
        language=best_language(
            *(_text(level, "language") for level in nearest), settings.site.language
        ),
        timezone=next(filter(None, (_text(lv, "timezone") for lv in nearest)), "UTC"),
        web=settings.web.url,
    )


def of_domain(
    conn: "psycopg.Connection[Any]",
    *,
    domain_id: int | None = None,
    name: str = "",
    settings: Settings,
) -> Place:
    """Return the place of a domain by its number or name; one we do not serve too."""
    row = conn.execute(_DOMAIN, {"id": domain_id, "name": name}).fetchone()
    found_id, found = row or (None, name or "localhost")
    return Place(
        domain=found,
        domain_id=found_id,
        language=best_language(settings.site.language),
        web=settings.web.url,
    )


def _text(level: Mapping[str, object], name: str) -> str:
    value = level.get(name)
    return value if isinstance(value, str) else ""
