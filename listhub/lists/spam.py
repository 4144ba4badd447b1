"""Spam: what the domain's scenario makes of the marks that filters left in a header.

Nobody is answered who sent it: its From and its reverse-path are mostly somebody else's.
"""

from collections.abc import Mapping
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.lists.authorise import authorise
from listhub.lists.files import DbFiles
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.outside.answers import Ask
from listhub.policy.request import Auth

#: What is written down of a mail that is dropped for it.
MARKED = N_("marked as spam")

#: Fields that filters of spam write; without any, no scenario needs to be asked.
_MARKS = (b"spam", b"bogosity", b"chkmail", b"virus")


def status(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    message: Draft,
    *,
    row: ListRow | None,
    domain_id: int,
    sender: str,
    list_settings: ListSettings,
    settings: Settings,
    auth: Auth = "smtp",
    context: Mapping[str, str] | None = None,
    files: DbFiles | None = None,
) -> str | None:
    """Return spam, ham or unsure; None for a mail that bears no filter's mark."""
    if not has_marks(message.headers):
        return None
    return authorise(
        conn,
        ask,
        operation="spam_status",
        list_row=row,
        domain_id=domain_id,
        sender=sender,
        auth=auth,
        settings=settings,
        list_settings=list_settings,
        message=message,
        context=context,
        files=files,
    ).action


def has_marks(headers: Headers) -> bool:
    """Say whether a filter has written anything about this mail."""
    return any(
        field.name.startswith(b"x-") and any(mark in field.name for mark in _MARKS)
        for field in headers.fields
    )
