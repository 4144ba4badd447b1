"""Which lists of a domain somebody may see: each one's scenario `visibility`.

A domain may have thousands: their rows and settings are one statement, and files that
no list has of its own are read once for all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub import log
from listhub.config import Settings
from listhub.errors import TemporaryError
from listhub.lists.authorise import authorise
from listhub.lists.files import DbFiles
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow
from listhub.lists.settings import LEVELS, settings_of
from listhub.outside.answers import Ask
from listhub.policy.request import Auth

_log = log.get(__name__)

# Whether a list has files of its own, or of its family, that scenarios may use.
_OPEN = f"""
SELECT l.id, l.name, domain.name, l.sequence, l.status, l.domain_id, l.family,
       l.family IS NOT NULL OR EXISTS (
           SELECT FROM custom_file WHERE custom_file.list_id = l.id),
       {LEVELS}
  FROM mailing_list AS l JOIN domain ON domain.id = l.domain_id
 WHERE l.domain_id = %s AND l.status = 'open'
 ORDER BY l.address
"""  # noqa: S608 - constants


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
    shared = DbFiles(conn, domain_id=domain_id)
    for found in conn.execute(_OPEN, [domain_id]).fetchall():
        row = ListRow(
            id=found[0],
            name=found[1],
            domain=found[2],
            sequence=found[3],
            status=found[4],
            domain_id=found[5],
            family=found[6],
        )
        site, domain, own = (level or {} for level in found[8:])
        try:
            list_settings = settings_of(
                {"site": site, "domain": domain, "list": own}, list_id=row.id
            )
        except TemporaryError as error:
            # One list with settings that cannot be used must not hide all others.
            _log.warning("list left out", list=row.address, reason=error.reason)
            continue
        decision = authorise(
            conn,
            ask,
            operation="visibility",
            list_row=row,
            domain_id=domain_id,
            sender=visitor.sender,
            auth=visitor.auth,
            settings=settings,
            list_settings=list_settings,
            files=None if found[7] else shared,
        )
        if decision.allowed:
            yield row, list_settings
