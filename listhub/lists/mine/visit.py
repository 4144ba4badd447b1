"""Who is here, and how that is known: what pages and the API give to questions."""

import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg

from listhub.config import Settings
from listhub.i18n.text import Text
from listhub.lists.greetings import Desk
from listhub.lists.list_settings import ListSettings
from listhub.lists.notices import place as places
from listhub.lists.notices.notice import Place
from listhub.lists.options import How
from listhub.lists.posting import ListRow
from listhub.mail.draft import Draft
from listhub.outside.answers import Ask
from listhub.policy.request import Auth
from listhub.spool.items import NewItem

State = Literal["done", "already", "confirm", "owners", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """An `asking.Asker`: somebody on the web or at the API, in one transaction."""

    conn: "psycopg.Connection[Any]"
    settings: Settings
    ask: Ask
    domain_id: int
    domain: str
    #: The address that is meant.
    sender: str
    #: md5 or smime for who has signed in; smtp for an address that anybody typed.
    auth: Auth
    how: How = "web"
    trace: uuid.UUID = field(default_factory=uuid.uuid4)
    message: Draft | None = None

    @property
    def proven(self) -> bool:
        """Whether it is known that the address is theirs."""
        return self.auth != "smtp"

    @property
    def desk(self) -> Desk:
        """Where mail is written."""
        return Desk(conn=self.conn, settings=self.settings, trace=self.trace)

    def place(
        self,
        row: ListRow | None = None,
        settings: ListSettings | None = None,  # noqa: ARG002 - the Asker's signature
    ) -> Place:
        """Return where a notice about a list, or about the domain, comes from."""
        found = row and places.of_list(self.conn, row.id, settings=self.settings)
        return found or places.of_domain(
            self.conn, domain_id=self.domain_id, settings=self.settings
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a wish, in a sentence; `items` are to be put.

    confirm: a mail is on its way to whoever has to say yes; owners: they decide.
    """

    state: State
    text: Text
    items: tuple[NewItem, ...] = ()
