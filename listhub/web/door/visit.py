"""A visit: all that a page's function needs to know, and its one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import psycopg

from listhub.config import Settings
from listhub.i18n import formats
from listhub.i18n.text import translated
from listhub.lists.accounts.next_path import local
from listhub.lists.accounts.sessions import Session
from listhub.lists.accounts.standing import Standing
from listhub.lists.moderation.reach import Reach
from listhub.lists.posting import ListRow
from listhub.lists.visible import Visitor
from listhub.outside.answers import Ask
from listhub.policy.request import NOBODY, Auth
from listhub.web.door.asked import Asked
from listhub.web.door.menu import Item, menu, tabs


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request, by somebody, about a list or none; the door commits."""

    asked: Asked
    conn: "psycopg.Connection[Any]"
    ask: Ask
    settings: Settings
    who: Standing
    session: Session | None
    language: str
    #: The list of the path's {list}.
    row: ListRow | None = None
    #: What the session's cookie says, "" without a session.
    identifier: str = field(default="", repr=False)
    #: The token of this visitor's forms.
    csrf: str = ""
    #: What the forms of a visitor without a session are bound to.
    visitor_id: str = ""

    @property
    def menu(self) -> tuple[Item, ...]:
        """The site's menu for whoever asks."""
        return menu(self.who, here=self.asked.path)

    @property
    def tabs(self) -> tuple[Item, ...]:
        """The ways to the list's pages."""
        return tabs(self.who, self.row, here=self.asked.path)

    @property
    def list(self) -> ListRow:
        """The list that the page is about; only for pages with {list} in their path."""
        if self.row is None:
            raise LookupError("this page has no list")
        return self.row

    @property
    def by(self) -> str:
        """Who acts, for the audit: an address, "" for a visitor."""
        return self.who.address

    @property
    def sender(self) -> str:
        """Who asks, for scenarios."""
        return self.who.address or NOBODY

    @property
    def auth(self) -> Auth:
        """How sure it is who asks, for scenarios: signed in is md5, as in Sympa."""
        return "md5" if self.who.signed_in else "smtp"

    @property
    def reach(self) -> Reach:
        """What they may decide; roles that are withheld reach nothing."""
        return Reach(
            person=self.who.address,
            site=self.who.site_listmaster,
            domains=tuple(sorted(self.who.listmaster_of)),
            owned=tuple(sorted(self.who.owned)),
            moderated=tuple(sorted(self.who.moderated)),
        )

    @property
    def visitor(self) -> Visitor:
        return Visitor(sender=self.sender, auth=self.auth)

    def back(self, default: str) -> str:
        """Return the page of ours that a form says it was on, else `default`."""
        return local(self.asked.one("back")) or default

    def span(self, seconds: float) -> str:
        """Return a span of time in the visitor's language."""
        return formats.span(seconds, self.language)

    def say(self, text: str, **values: object) -> str:
        """Return a text marked with N_ in the visitor's language."""
        said = translated(text, self.language)
        return said % values if values else said


def path(*parts: str, query: Mapping[str, object] | None = None) -> str:
    """Return a path of ours, each part quoted; a query's empty values are left out.

    A list's address keeps its @: people read and send these.
    """
    whole = "/" + "/".join(quote(part, safe="@+") for part in parts if part)
    pairs = [(name, v) for name, v in (query or {}).items() if v not in (None, "", ())]
    return f"{whole}?{urlencode(pairs, doseq=True)}" if pairs else whole
