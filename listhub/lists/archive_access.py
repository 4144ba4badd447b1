"""Who may read a list's archive on the web, and how much of it they are shown.

The scenario `archive_web_access` decides whether; addresses of people, and messages as
they came, are only for those of whom it is known who they are.
"""

from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import Text
from listhub.lists.authorise import authorise
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow
from listhub.lists.settings import load_list_settings
from listhub.mail.address import key
from listhub.outside.answers import Ask
from listhub.policy.reasons import sentence
from listhub.policy.request import NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What somebody may do with an archive; `refusal` says why they may not read it."""

    list_settings: ListSettings
    refusal: Text | None
    #: Whether they see addresses of people, and messages with their headers.
    addresses: bool
    #: Whether search engines may list what they are shown.
    indexing: bool


def access(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    row: ListRow,
    *,
    reader: str,
    client: str = "",
    settings: Settings,
) -> Access:
    """Return what a reader may do; "" is somebody unknown, `client` an IP address.

    May raise `Unanswered`.
    """
    list_settings = load_list_settings(conn, row.id)
    decision = authorise(
        conn,
        ask,
        operation="archive_web_access",
        list_row=row,
        domain_id=row.domain_id,
        sender=reader or NOBODY,
        # Who comes by the web is asked about as md5, as in Sympa: nobody is known to
        # be nobody, and rules for smtp are for those whom a From alone names.
        auth="md5",
        settings=settings,
        list_settings=list_settings,
        context={"remote_addr": client} if client else {},
    )
    told = sentence(reason=decision.reason, template=decision.template)
    return Access(
        list_settings=list_settings,
        refusal=None if decision.allowed else Text(told),
        addresses=bool(reader),
        # A search engine is a visitor: what it may read, visitors may.
        indexing=list_settings.archive_indexing and not reader,
    )


def is_author(address: str, author: str) -> bool:
    """Tell whether somebody wrote what has this author."""
    return bool(address and author) and key(address) == key(author)
