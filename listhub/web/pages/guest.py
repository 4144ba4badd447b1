"""Who comes to a list's door: what they may know of it, and do there.

A list that somebody may not see is one that is not there: the answer is the same.
Members know theirs, and whoever runs a list knows all of it.
"""

from dataclasses import dataclass
from typing import Any

from listhub.i18n.text import Text
from listhub.lists import options
from listhub.lists.list_settings import ListSettings
from listhub.lists.may import Case, Judge
from listhub.lists.options import Options
from listhub.lists.settings import load_list_settings
from listhub.policy import reasons
from listhub.policy.decision import Decision
from listhub.web.door.answer import Refused, no_page
from listhub.web.door.need import Need, admits
from listhub.web.door.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody at the visit's list: a visitor, a stranger, a member, who runs it."""

    visit: Visit
    list_settings: ListSettings
    #: None: they are no member.
    options: Options | None
    in_charge: bool
    decisions: dict[str, Decision]

    def may(self, operation: str) -> bool:
        """Tell whether they may do that at once; one of what was asked for."""
        return self.in_charge or self.decisions[operation].allowed

    @property
    def knows(self) -> bool:
        """Whether they may know that the list is there."""
        if self.in_charge:
            return True
        return self.visit.list.status == "open" and (
            self.options is not None or self.decisions["visibility"].allowed
        )

    def insist(self, operation: str) -> None:
        """Refuse who may not: 404 if they may not know of the list, else why, 403."""
        if not self.knows:
            raise no_page()
        if not self.may(operation):
            no = self.decisions[operation]
            said = reasons.sentence(reason=no.reason, template=no.template)
            raise Refused(403, Text(said))


def guest(visit: Visit, *operations: str) -> Guest:
    """Return whoever asks, as a guest of the list; what is asked about is judged once."""
    row, conn = visit.list, visit.conn
    list_settings = load_list_settings(conn, row.id)
    judge = Judge(conn, visit.ask, visit.visitor, settings=visit.settings)
    case = Case(row=row, settings=list_settings)
    asked = ("visibility", *operations)
    judge.expect([case], asked)
    return Guest(
        visit=visit,
        list_settings=list_settings,
        options=options.find(conn, row.id, visit.by) if visit.by else None,
        in_charge=admits(Need.MODERATOR, visit.who, row),
        decisions={each: judge.decide(case, each) for each in asked},
    )


def values(found: Guest) -> dict[str, Any]:
    """Return what every page about a list to a guest shows."""
    return {"guest": found, "list_settings": found.list_settings}
