"""What somebody is here: their name and roles, read anew for each request.

Roles are withheld in two cases, so that no page can forget it: all of them until a
second factor that the person has is given, and those of a listmaster until there is
one, where the site requires it.
"""

import dataclasses
from collections.abc import Set as AbstractSet
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row

from listhub.config import Settings
from listhub.lists.accounts.sessions import Session
from listhub.mail.address import key

#: What is missing: the code of the second factor, or a second factor at all.
Lack = Literal["", "code", "second_factor"]

_OF = """
SELECT person.id AS person_id, address, display_name AS name, language,
       EXISTS (SELECT FROM second_factor AS factor
                WHERE factor.person_id = person.id AND confirmed_at IS NOT NULL)
           AS has_second_factor,
       coalesce(bool_or(kind = 'listmaster' AND domain_id IS NULL), false)
           AS site_listmaster,
       array_agg(domain_id) FILTER (WHERE kind = 'listmaster'
                                      AND domain_id IS NOT NULL) AS listmaster_of,
       array_agg(list_id) FILTER (WHERE kind = 'owner') AS owned,
       array_agg(list_id) FILTER (WHERE kind = 'owner' AND profile = 'privileged')
           AS privileged,
       array_agg(list_id) FILTER (WHERE kind = 'moderator') AS moderated
  FROM person LEFT JOIN role ON role.person_id = person.id
 WHERE person.id = %s GROUP BY person.id
"""
_MEMBER = """
SELECT EXISTS (SELECT FROM subscription WHERE list_id = %s AND person_id = %s)
"""
_SETS = ("listmaster_of", "owned", "privileged", "moderated")
_NONE: AbstractSet[int] = frozenset()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A person, or a visitor without an address, and the roles that count now."""

    person_id: int = 0
    address: str = ""
    name: str = ""
    language: str | None = None
    has_second_factor: bool = False
    site_listmaster: bool = False
    #: Numbers of domains.
    listmaster_of: AbstractSet[int] = _NONE
    #: Numbers of lists.
    owned: AbstractSet[int] = _NONE
    privileged: AbstractSet[int] = _NONE
    moderated: AbstractSet[int] = _NONE
    #: What has to be done before withheld roles count.
    lacks: Lack = ""

    @property
    def signed_in(self) -> bool:
        """Whether it is known who this is."""
        return bool(self.address)

    @property
    def is_listmaster(self) -> bool:
        """Whether they run the site or any domain."""
        return self.site_listmaster or bool(self.listmaster_of)

    @property
    def decides(self) -> bool:
        """Whether there is any list whose held posts they may decide about."""
        return self.is_listmaster or bool(self.owned) or bool(self.moderated)

    def runs(self, domain_id: int) -> bool:
        """Whether they are a listmaster of that domain, or of the site."""
        return self.site_listmaster or domain_id in self.listmaster_of

    def owns(self, list_id: int) -> bool:
        """Whether they are an owner of that list."""
        return list_id in self.owned

    def owns_privileged(self, list_id: int) -> bool:
        """Whether they are an owner of that list with the privileged profile."""
        return list_id in self.privileged

    def moderates(self, list_id: int) -> bool:
        """Whether they are a moderator of that list."""
        return list_id in self.moderated


#: Anybody who is not signed in.
VISITOR = Standing()


def of(
    conn: "psycopg.Connection[Any]", session: Session | None, *, settings: Settings
) -> Standing:
    """Return the standing of whoever has a session, or a visitor's."""
    if session is None:
        return VISITOR
    if session.waits_for_code:
        return dataclasses.replace(VISITOR, lacks="code")
    return of_person(conn, session.person_id, settings=settings)


def of_person(
    conn: "psycopg.Connection[Any]", person_id: int, *, settings: Settings
) -> Standing:
    """Return a person's standing by number, a visitor's if they are gone."""
    cursor = conn.cursor(row_factory=dict_row)
    row = cursor.execute(_OF, [person_id]).fetchone()
    if row is None:
        return VISITOR
    found = Standing(**row | {name: frozenset(row[name] or ()) for name in _SETS})
    # As scenarios have it: the address in the settings is a listmaster's, too.
    if key(found.address) == key(settings.site.listmaster):
        found = dataclasses.replace(found, site_listmaster=True)
    if (
        settings.sign_in.require_second_factor
        and found.is_listmaster
        and not found.has_second_factor
    ):
        found = dataclasses.replace(
            found, site_listmaster=False, listmaster_of=_NONE, lacks="second_factor"
        )
    return found


def is_member(conn: "psycopg.Connection[Any]", who: Standing, list_id: int) -> bool:
    """Tell whether somebody is subscribed to that list."""
    row = conn.execute(_MEMBER, [list_id, who.person_id]).fetchone()
    return bool(row and row[0])
