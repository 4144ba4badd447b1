"""What a request may do: the standing of whoever acts, cut down to a token's scope.

A session's grant takes nothing away.  A token's has a smaller standing, which pages and
API judge as they judge any, and a right that each call asks for by itself.
"""

import dataclasses
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.lists.accounts import standing, tokens
from listhub.lists.accounts.standing import Standing
from listhub.lists.accounts.tokens import RIGHTS, Rights, Token

_OF_DOMAIN = "SELECT id FROM mailing_list WHERE domain_id = %s AND id = ANY(%s)"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Who acts, with the roles that count here, by a session or by a token."""

    who: Standing
    token: Token | None = None

    @property
    def whole(self) -> bool:
        """Whether all of the person's own affairs are open, and not one place's only."""
        return self.token is None or self.token.scope is None

    @property
    def actor(self) -> str:
        """Who acts, for the audit."""
        by = f" (token {self.token.id})" if self.token else ""
        return f"{self.who.address}{by}"

    def allows(self, rights: Rights) -> bool:
        """Tell whether a call that takes this right may be made at all."""
        return self.token is None or (
            RIGHTS.index(rights) <= RIGHTS.index(self.token.rights)
        )

    def covers(self, *, domain_id: int, list_id: int | None = None) -> bool:
        """Tell whether a domain, or a list in it, is within the scope."""
        if self.token is None or self.whole:
            return True
        if self.token.list_id is not None:
            return self.token.list_id == list_id
        return self.token.domain_id == domain_id


def of_token(
    conn: "psycopg.Connection[Any]", written: str, *, settings: Settings
) -> Grant | None:
    """Return the grant of a token as it was sent, None if it is none (any more)."""
    token = tokens.find(conn, written)
    if token is None:
        return None
    who = standing.of_person(conn, token.person_id, settings=settings)
    if token.list_id is not None:
        who = _within_list(who, token.list_id, domain_id=token.lies_in or 0)
    elif token.domain_id is not None:
        who = _within_domain(conn, who, token.domain_id)
    return Grant(who=who, token=token)


def _within_list(who: Standing, list_id: int, *, domain_id: int) -> Standing:
    """Return a standing in one list alone; a listmaster is an owner there, and no more."""
    one = frozenset({list_id})
    runs = who.runs(domain_id)
    return dataclasses.replace(
        who,
        site_listmaster=False,
        listmaster_of=frozenset(),
        owned=one if runs else one & who.owned,
        privileged=one if runs else one & who.privileged,
        moderated=one & who.moderated,
    )


def _within_domain(
    conn: "psycopg.Connection[Any]", who: Standing, domain_id: int
) -> Standing:
    ids = list(who.owned | who.moderated)
    rows = conn.execute(_OF_DOMAIN, [domain_id, ids]).fetchall() if ids else ()
    inside = frozenset(row[0] for row in rows)
    return dataclasses.replace(
        who,
        site_listmaster=False,
        listmaster_of=frozenset({domain_id} if who.runs(domain_id) else ()),
        owned=inside & who.owned,
        privileged=inside & who.privileged,
        moderated=inside & who.moderated,
    )
