"""Reach: all that somebody may decide, over all lists, as one condition of SQL.

The rules are those of `people.may_decide`; here they hold for thousands of requests at
once.  The roles are read first, in one statement: the database then plans with the
lists themselves, and a person with 500 roles costs what one with 5 does.
"""

from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.lists.moderation.request import Request
from listhub.mail.address import key

_ROLES = """
SELECT role.kind, role.list_id, role.domain_id
  FROM role JOIN person ON person.id = role.person_id
 WHERE person.address_key = %s
"""
#: What waits for the person who asked is nobody else's to decide.
OTHERS = "request.waits_for <> 'person'"
_OF_DOMAINS = "request.domain_id = ANY(%(reach_domains)s)"
_AS_OWNER = (
    "request.list_id = ANY(%(reach_owned)s) AND request.waits_for <> 'listmasters'"
)
_AS_MODERATOR = (
    "request.list_id = ANY(%(reach_moderated)s) AND request.waits_for = 'moderators'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What somebody may decide: everything, what is of domains, or what is of lists."""

    #: The address; "" for an operator of the site.
    person: str = ""
    site: bool = False
    domains: tuple[int, ...] = ()
    owned: tuple[int, ...] = ()
    moderated: tuple[int, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether there is nothing that this person could ever be asked."""
        return not (self.site or self.domains or self.owned or self.moderated)

    @property
    def condition(self) -> str:
        """The condition of the requests that wait for this person's word."""
        return f"request.state = 'waiting' AND {self.say}"

    @property
    def say(self) -> str:
        """The condition of the requests in which they have a say, decided or not."""
        if self.site:
            return OTHERS
        ways = [way for way, ids in self._ways() if ids]
        return f"{OTHERS} AND ({' OR '.join(ways) or 'false'})"

    def covers(self, request: Request) -> bool:
        """Tell whether this person has a say in a request, decided or not."""
        waits_for = request.waits_for
        return waits_for != "person" and (
            self.site
            or request.domain_id in self.domains
            or (request.list_id in self.owned and waits_for != "listmasters")
            or (request.list_id in self.moderated and waits_for == "moderators")
        )

    def _ways(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        return (
            (_OF_DOMAINS, self.domains),
            (_AS_OWNER, self.owned),
            (_AS_MODERATOR, self.moderated),
        )

    @property
    def values(self) -> dict[str, object]:
        """The values that the condition names."""
        return {
            "reach_domains": list(self.domains),
            "reach_owned": list(self.owned),
            "reach_moderated": list(self.moderated),
        }


#: Everything: for operators of the site.
EVERYTHING = Reach(site=True)


def of_person(
    conn: "psycopg.Connection[Any]", person: str, *, site_listmaster: str = ""
) -> Reach:
    """Return what somebody may decide, by their roles at this moment."""
    roles = conn.execute(_ROLES, [key(person)]).fetchall()
    first = bool(site_listmaster) and key(person) == key(site_listmaster)
    listmaster = [row for row in roles if row[0] == "listmaster"]
    return Reach(
        person=person,
        site=first or any(row[2] is None for row in listmaster),
        domains=tuple(sorted(row[2] for row in listmaster if row[2] is not None)),
        owned=tuple(sorted(row[1] for row in roles if row[0] == "owner")),
        moderated=tuple(sorted(row[1] for row in roles if row[0] == "moderator")),
    )
