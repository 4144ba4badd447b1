"""Which lists somebody may see: each one's scenario `visibility`.

There may be thousands: their rows and settings are one statement, what the visitor is
on them another one, and files that no list has of its own are read once for all lists
of a domain.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg

from listhub import log
from listhub.config import Settings
from listhub.errors import TemporaryError
from listhub.lists.list_settings import ListSettings
from listhub.lists.may import Case, Judge, Visitor
from listhub.lists.posting import ListRow
from listhub.lists.settings import LEVELS, levels_of, settings_of
from listhub.outside.answers import Ask

__all__ = ["Visitor", "permitted", "visible", "visible_among"]

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


def permitted(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    visitor: Visitor,
    *,
    list_ids: Sequence[int],
    operations: Sequence[str],
    settings: Settings,
) -> Mapping[int, frozenset[str]]:
    """Return which of these operations somebody may do on which of these lists."""
    rows = conn.execute(_NAMED, [list(list_ids)]).fetchall()
    cases = _cases(rows)
    judge = Judge(conn, ask, visitor, settings=settings)
    judge.expect(cases, operations)
    return {
        case.row.id: frozenset(
            each for each in operations if judge.decide(case, each).allowed
        )
        for case in cases
    }


def _judged(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    visitor: Visitor,
    rows: Sequence[tuple[Any, ...]],
    *,
    settings: Settings,
) -> Iterator[tuple[ListRow, ListSettings]]:
    cases = _cases(rows)
    judge = Judge(conn, ask, visitor, settings=settings)
    judge.expect(cases, ["visibility"])
    for case in cases:
        if judge.decide(case, "visibility").allowed:
            yield case.row, case.settings


def _cases(rows: Sequence[tuple[Any, ...]]) -> list[Case]:
    return [
        Case(row=_row(found), settings=its_own, own_files=found[7])
        for found in rows
        if (its_own := _settings(_row(found), found[8:])) is not None
    ]


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
