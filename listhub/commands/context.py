"""What a command works with: the transaction, who asks, and how that is known."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from listhub.commands.reply import Refused
from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.lists import posting
from listhub.lists.greetings import Desk
from listhub.lists.list_settings import ListSettings
from listhub.lists.notices.notice import Place
from listhub.lists.options import How
from listhub.lists.posting import ListRow
from listhub.lists.settings import load_list_settings
from listhub.mail.address import key
from listhub.mail.draft import Draft
from listhub.outside.answers import Ask
from listhub.policy.request import Auth

_LIST = "SELECT id FROM mailing_list WHERE address = %s AND status <> 'pending'"

WRONG_DOMAIN = N_(
    "%(list)s is not here: this address serves the lists of %(domain)s; write to"
    " %(command)s@%(other)s."
)
NO_LIST = N_("There is no list %(list)s.")
CLOSED = N_("The list %(list)s is closed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One mail's worth of context; `sender` is who asks, "" if nobody can be told."""

    conn: "psycopg.Connection[Any]"
    settings: Settings
    ask: Ask
    domain_id: int
    domain: str
    sender: str
    #: How the sender is known: md5 after a key has come back.
    auth: Auth
    language: str
    trace: uuid.UUID
    message: Draft | None = None
    #: The name beside the sender's address in From, "" without one.
    sender_name: str = ""
    how: How = "mail"
    command: str = "sympa"

    @property
    def desk(self) -> Desk:
        """Where mail to people other than the sender is written."""
        return Desk(conn=self.conn, settings=self.settings, trace=self.trace)

    def is_one_of(self, people: Iterable[str]) -> bool:
        """Say whether the sender is among these addresses."""
        return key(self.sender) in set(map(key, people))

    def known_as(self, sender: str) -> "Context":
        """Return the same for somebody who has shown to read mail to an address."""
        return replace(self, sender=sender, auth="md5")

    def list_row(self, written: str) -> ListRow:
        """Return the open list of that name; Refused says what is wrong with it."""
        name, at, domain = written.lower().partition("@")
        if at and key(f"x@{domain}") != f"x@{self.domain}":
            raise Refused(
                WRONG_DOMAIN,
                list=written,
                domain=self.domain,
                command=self.command,
                other=domain,
            )
        address = f"{name}@{self.domain}"
        found = self.conn.execute(_LIST, [address]).fetchone()
        row = posting.find_list(self.conn, found[0]) if found else None
        if row is None:
            raise Refused(NO_LIST, list=address)
        if row.status != "open":
            raise Refused(CLOSED, list=address)
        return row

    def list_settings(self, row: ListRow) -> ListSettings:
        """Return a list's settings in force."""
        return load_list_settings(self.conn, row.id)

    def place(
        self, row: ListRow | None = None, settings: ListSettings | None = None
    ) -> Place:
        """Return where a notice about a list, or about the domain, comes from."""
        return Place(
            domain=self.domain,
            domain_id=self.domain_id,
            list_id=row.id if row else None,
            list=row.name if row else "",
            list_subject=settings.subject if settings else "",
            language=settings.language if settings else self.language,
            timezone=settings.timezone if settings else "UTC",
            web=self.settings.web.url or "",
            command=self.command,
        )
