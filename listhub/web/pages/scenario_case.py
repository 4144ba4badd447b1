"""A case put to a scenario: who asks, how that is known, and what would be decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from listhub.i18n.text import N_
from listhub.lists import rules
from listhub.lists.rules import Explained
from listhub.mail.address import parse_addr_spec
from listhub.policy.request import NOBODY, Auth
from listhub.web.door.asked import Asked
from listhub.web.door.visit import Visit

#: How somebody proved who they are, from nothing to a signature.
METHODS: Mapping[str, str] = {
    "smtp": N_("by mail: an address that anybody can write"),
    "md5": N_("signed in here, or confirmed by mail"),
    "smime": N_("by mail with a signature (S/MIME)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the form says; `asked` only once it was sent."""

    asked: bool
    sender: str
    auth: Auth

    @property
    def wrong(self) -> bool:
        """Whether the sender is no address; nobody at all is a case, too."""
        return bool(self.sender) and parse_addr_spec(self.sender) is None

    @classmethod
    def of(cls, asked: Asked) -> "Case":
        """Read the form."""
        auth = asked.one("auth", "smtp")
        return cls(
            asked="sender" in asked.query,
            sender=asked.one("sender").strip()[:300],
            auth=cast("Auth", auth if auth in METHODS else "smtp"),
        )


def tried(visit: Visit, operation: str, scenario: str, case: Case) -> Explained | None:
    """Return what the scenario would decide about the case, None where none is put.

    May raise `Unanswered`.
    """
    if not case.asked or case.wrong:
        return None
    return rules.explain(
        visit.conn,
        visit.ask,
        visit.list,
        operation,
        sender=case.sender or NOBODY,
        auth=case.auth,
        context={"email": case.sender} if case.sender else {},
        settings=visit.settings,
        scenario=scenario,
    )
