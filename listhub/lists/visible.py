"""Which lists somebody may see: each one's scenario `visibility`.

There may be thousands: their rows and settings are one statement, what the visitor is
on them another one, and files that no list has of its own are read once for all lists
of a domain.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub import log
from listhub.config import Settings
from listhub.errors import TemporaryError
from listhub.lists.authorise import authorise
from listhub.lists.facts import Standings
from listhub.lists.files import DbFiles
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow
from listhub.lists.settings import LEVELS, levels_of, settings_of
from listhub.outside.answers import Ask
from listhub.policy.request import NOBODY, Auth

_log = log.get(__name__)

# Whether a list has files of its own, or of its family, that scenarios may use.
_ROWS = f"""
SELECT l.id, l.name, domain.name, l.sequence, l.status, l.domain_id, l.family,
       l.family IS NOT NULL OR EXISTS (
           SELECT FROM custom_file WHERE custom_file.list_id = l.id),
       {LEVELS}
  FROM mailing_list AS l JOIN domain ON domain.id = l.domain_id
"""  # noqa: S608 - constants
_OF_DOMAIN = f"{_ROWS} WHERE l.domain_id = %s AND l.status = 'open' ORDER BY l.address"
_NAMED = f"{_ROWS} WHERE l.id = ANY(%s) AND l.status = 'open' ORDER BY l.address"


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """Who looks, "" for somebody unknown, and how that is known."""

    sender: str
    auth: Auth


def visible(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    visitor: Visitor,
    *,
    domain_id: int,
    settings: Settings,
) -> Iterator[tuple[ListRow, ListSettings]]:
    """Yield the open lists that somebody may see, by address, with their settings."""
    rows = conn.execute(_OF_DOMAIN, [domain_id]).fetchall()
    yield from _judged(conn, ask, visitor, rows, settings=settings)


def visible_among(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    visitor: Visitor,
    *,
    list_ids: Sequence[int],
    settings: Settings,
) -> Iterator[tuple[ListRow, ListSettings]]:
    """Yield those of these lists that are open and that somebody may see, by address."""
    rows = conn.execute(_NAMED, [list(list_ids)]).fetchall()
    yield from _judged(conn, ask, visitor, rows, settings=settings)


def _judged(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    visitor: Visitor,
    rows: Sequence[tuple[Any, ...]],
    *,
    settings: Settings,
) -> Iterator[tuple[ListRow, ListSettings]]:
    shared: dict[int, DbFiles] = {}
    standings = Standings(conn)
    standings.fetch([f"{row[1]}@{row[2]}" for row in rows], visitor.sender or NOBODY)
    for found in rows:
        row = _row(found)
        list_settings = _settings(row, found[8:])
        if list_settings is None:
            continue
        common = shared.setdefault(
            row.domain_id, DbFiles(conn, domain_id=row.domain_id)
        )
        decision = authorise(
            conn,
            ask,
            operation="visibility",
            list_row=row,
            domain_id=row.domain_id,
            sender=visitor.sender,
            auth=visitor.auth,
            settings=settings,
            list_settings=list_settings,
            files=None if found[7] else common,
            standings=standings,
        )
        if decision.allowed:
            yield row, list_settings


def _row(found: Sequence[Any]) -> ListRow:
    return ListRow(
        id=found[0],
        name=found[1],
        domain=found[2],
        sequence=found[3],
        status=found[4],
        domain_id=found[5],
        family=found[6],
    )


def _settings(row: ListRow, levels: Sequence[Any]) -> ListSettings | None:
    """Return a list's settings; one whose own cannot be used must not hide all others."""
    try:
        return settings_of(levels_of(levels), list_id=row.id)
    except TemporaryError as error:
        _log.warning("list left out", list=row.address, reason=error.reason)
        return None
