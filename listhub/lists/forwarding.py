"""Forwarding: which mail to owners, moderators and listmasters must not reach them.

They get what programs write of their own accord, but not what programs answer: the
mailbox of an owner who is away would answer the forwarded mail, and so on for ever.
What no mark tells from a person's mail is told by its number: one author's same text
passes a few times on a day.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.lists import spam
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow, find_list
from listhub.lists.settings import SPECS, history, load_list_settings, resolve
from listhub.mail import screening
from listhub.mail.address import key
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.outside.answers import Ask

#: Whose reports are answers even if nothing else says so.
_DAEMONS = "mailer-daemon"

_COUNT = """
INSERT INTO notice_count AS count (address_key, day, kind, answers)
SELECT %(author)s, (now() AT TIME ZONE 'UTC')::date, kind, 1
  FROM unnest(%(kinds)s::text[]) AS kind ORDER BY kind
    ON CONFLICT (address_key, day, kind) DO UPDATE SET answers = count.answers + 1
RETURNING kind, answers
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """Mail to a role, with the settings that hold for its address."""

    #: -request, -editor or listmaster.
    recipient: str
    draft: Draft
    reverse_path: str
    settings: ListSettings
    domain_id: int | None
    #: None where it goes to listmasters.
    row: ListRow | None = None

    @property
    def author(self) -> str:
        return screening.author(self.draft.headers) or self.reverse_path


def read(
    conn: "psycopg.Connection[Any]",
    raw: bytes,
    *,
    recipient: str,
    reverse_path: str,
    list_id: int | None,
    domain_id: int | None,
) -> Letter:
    """Return a mail to a role with what has to be known of its list or domain."""
    row = find_list(conn, list_id)
    wanted = load_list_settings(conn, row.id) if row else of_domain(conn, domain_id)
    return Letter(
        recipient=recipient,
        draft=Draft.parse(raw),
        reverse_path=reverse_path,
        settings=wanted,
        domain_id=domain_id,
        row=row,
    )


def unwanted(
    conn: "psycopg.Connection[Any]", ask: Ask, letter: Letter, site: Settings
) -> str | None:
    """Return why a mail is dropped without a word, or None; counts what is not."""
    return (
        _answer(letter.draft.headers)
        or _spam(conn, ask, letter, site)
        or _too_many(conn, letter)
    )


def _answer(headers: Headers) -> str | None:
    """Return why a mail is a program's answer to another mail, or None."""
    said = headers.all("Auto-Submitted")
    if said and all(value.strip().lower() == b"auto-generated" for value in said):
        # RFC 3834 §5.1: nothing was answered; jobs and monitors write so.
        headers = headers.copy()
        headers.remove("Auto-Submitted")
    return screening.automatic(headers, automates=_DAEMONS)


def _spam(
    conn: "psycopg.Connection[Any]", ask: Ask, letter: Letter, site: Settings
) -> str | None:
    if letter.settings.spam == "ignore" or letter.domain_id is None:
        return None
    found = spam.status(
        conn,
        ask,
        letter.draft,
        row=letter.row,
        domain_id=letter.domain_id,
        sender=letter.author,
        list_settings=letter.settings,
        settings=site,
    )
    return spam.MARKED if found == "spam" else None


def _too_many(conn: "psycopg.Connection[Any]", letter: Letter) -> str | None:
    """Count a mail, and say whether it is one too many of its author today."""
    all_ = f"forward:{key(letter.recipient)}"
    same = f"{all_}:{hashlib.sha256(letter.draft.body).hexdigest()[:32]}"
    rows = conn.execute(_COUNT, {"author": key(letter.author), "kinds": [all_, same]})
    counts = dict(rows.fetchall())
    if 0 < letter.settings.repeats_per_day < counts[same]:
        return f"the same text came {counts[same]} times today from {letter.author}"
    if 0 < letter.settings.posts_per_day < counts[all_]:
        return f"{counts[all_]} mails of {letter.author} today"
    return None


def of_domain(conn: "psycopg.Connection[Any]", domain_id: int | None) -> ListSettings:
    """Return what holds for a domain's listmasters; what is not known is passed over."""
    levels = [
        *history(conn, scope="site", limit=1),
        *(
            history(conn, scope="domain", domain_id=domain_id, limit=1)
            if domain_id
            else ()
        ),
    ]
    return resolve(
        *(
            {name: value for name, value in level.values.items() if name in SPECS}
            for level in levels
        )
    )
