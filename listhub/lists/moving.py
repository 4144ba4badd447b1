"""Somebody has another address: on one list, in a domain, or everywhere.

Memberships and roles go on with their options and numbers, so that the links and
reverse-paths of old copies hold.  What a source alone gave stays with the old address,
since the source gives that one again: its owners are told.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.lists import audit, persons
from listhub.lists.notices import administration, group, memberships, place as places
from listhub.lists.notices.notice import Place
from listhub.lists.notices.send import send
from listhub.lists.notices.to_owners import (
    FAILED_TO_CHANGE_INCLUDED_MEMBER,
    IncludedMember,
)
from listhub.lists.options import How
from listhub.lists.posting import ListRow
from listhub.lists.said import SaidError
from listhub.lists.sources import excluding
from listhub.lists.subscribing import refuse_own
from listhub.mail.address import key, parse_addr_spec
from listhub.mail.encoded_words import safe
from listhub.spool.items import NewItem

#: So many lists are named in the mail about it.
_NAMED = 200

NO_ADDRESS = N_("“%(address)s” is not an e-mail address.")
NOBODY = N_("%(address)s has nothing here that could be moved.")
NO_MEMBER = N_("%(address)s is not a member of %(list)s.")
IS_MEMBER = N_("%(address)s is a member of %(list)s already.")
BY_SOURCE = N_(
    "%(address)s is on %(list)s by a source alone: the address has to be changed there."
)

# Both rows, in the order of all writers of persons.
_LOCK = """
SELECT id, address_key FROM person WHERE address_key = ANY(%s)
 ORDER BY address_key COLLATE "C" FOR UPDATE
"""
_SCOPE = """
   AND (%(domain_id)s::bigint IS NULL OR list.domain_id = %(domain_id)s)
   AND (%(list_id)s::bigint IS NULL OR list.id = %(list_id)s)
"""
_LISTS = f"""
SELECT list.id, list.address, subscription.subscribed
  FROM subscription JOIN mailing_list AS list ON list.id = subscription.list_id
 WHERE subscription.person_id = %(old)s {_SCOPE}
 ORDER BY list.address
"""  # noqa: S608 - constants
_ROLES = f"""
SELECT role.id, role.kind, list.address FROM role
  LEFT JOIN mailing_list AS list ON list.id = role.list_id
 WHERE role.person_id = %(old)s AND role.granted
   AND CASE role.kind
       WHEN 'listmaster' THEN %(list_id)s::bigint IS NULL
            AND (%(domain_id)s::bigint IS NULL OR role.domain_id = %(domain_id)s)
       ELSE true {_SCOPE} END
"""  # noqa: S608 - constants
# Where both are members, the old one's choices are the newer ones: they are kept.
_GIVE_WAY = """
DELETE FROM subscription AS other USING subscription AS mine
 WHERE other.person_id = %(new)s AND mine.person_id = %(old)s
   AND other.list_id = mine.list_id AND mine.list_id = ANY(%(lists)s)
"""
_MOVE = """
UPDATE subscription SET person_id = %(new)s, changed_at = now()
 WHERE person_id = %(old)s AND list_id = ANY(%(lists)s)
"""
_GIVE_WAY_ROLES = """
DELETE FROM role AS other USING role AS mine
 WHERE other.person_id = %(new)s AND mine.id = ANY(%(roles)s)
   AND other.kind = mine.kind AND other.list_id IS NOT DISTINCT FROM mine.list_id
   AND other.domain_id IS NOT DISTINCT FROM mine.domain_id
"""
_MOVE_ROLES = "UPDATE role SET person_id = %(new)s WHERE id = ANY(%(roles)s)"
_NAME = """
UPDATE person AS new
   SET display_name = CASE WHEN new.display_name = '' THEN old.display_name
                           ELSE new.display_name END,
       language = coalesce(new.language, old.language)
  FROM person AS old WHERE new.id = %(new)s AND old.id = %(old)s
"""
# Whoever has nothing left under the old address is not kept under it.
_FORGET = """
DELETE FROM person WHERE id = %(old)s
   AND NOT EXISTS (SELECT FROM subscription WHERE person_id = %(old)s)
   AND NOT EXISTS (SELECT FROM role WHERE person_id = %(old)s)
   AND NOT EXISTS (SELECT FROM inclusion WHERE person_id = %(old)s)
"""
_RENAME = "UPDATE person SET address = %s, address_key = %s WHERE id = %s"
_STAYS = """
SELECT EXISTS (SELECT FROM inclusion WHERE person_id = %(old)s)
       OR EXISTS (SELECT FROM role WHERE person_id = %(old)s AND NOT granted)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What was moved: the lists by their addresses, and those that stay behind."""

    before: str
    after: str
    lists: tuple[str, ...]
    #: Where only a source gave the old address, by number and address.
    kept: tuple[tuple[int, str], ...]
    #: Whether the person owns or moderates anything of it, or is a listmaster.
    in_charge: bool


def move(
    conn: "psycopg.Connection[Any]",
    old: str,
    new: str,
    *,
    domain_id: int | None,
    actor: str,
    how: How,
) -> Moved:
    """Move memberships and roles to another address, in a domain or (None) everywhere.

    Everywhere means that both addresses have agreed: then the account goes along, too.
    SaidError for what is no address, and for who has nothing here.
    """
    mover = _Mover(conn, old, new, domain_id=domain_id, list_id=None)
    moved = mover.move(everywhere=domain_id is None)
    _note(conn, moved, mover.ids, actor=actor, how=how)
    return moved


def move_on_list(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    old: str,
    new: str,
    *,
    actor: str,
    how: How,
) -> Moved:
    """Move one membership to another address; roles stay.

    SaidError for who is no member, for a new address that is one already or cannot be,
    and where only a source gave the old one.
    """
    mover = _Mover(conn, old, new, domain_id=None, list_id=row.id)
    if not mover.found:
        raise SaidError(NO_MEMBER, address=_shown(old), list=row.address)
    if not mover.ids:
        raise SaidError(BY_SOURCE, address=_shown(old), list=row.address)
    refuse_own(row, mover.after)
    if mover.is_member(row.id):
        raise SaidError(IS_MEMBER, address=_shown(new), list=row.address)
    mover.role_ids.clear()
    moved = mover.move(everywhere=False)
    _note(conn, moved, mover.ids, actor=actor, how=how)
    return moved


def told(
    conn: "psycopg.Connection[Any]",
    moved: Moved,
    *,
    place: Place,
    settings: Settings,
    trace: uuid.UUID,
) -> tuple[NewItem, ...]:
    """Tell the old address, listmasters of an owner's, and owners of what stays."""
    values = memberships.AddressChange(
        before=moved.before, after=moved.after, lists=moved.lists[:_NAMED]
    )
    items = send(
        conn,
        memberships.ADDRESS_CHANGED,
        values,
        to=[moved.before],
        place=place,
        settings=settings,
        trace=trace,
    )
    if moved.in_charge:
        owner = administration.OwnerAddress(before=moved.before, after=moved.after)
        items += group.tell(
            conn,
            administration.LISTOWNER_EMAIL_CHANGED,
            owner,
            place=place,
            settings=settings,
            trace=trace,
        )
    for number, _ in moved.kept:
        where = places.of_list(conn, number, settings=settings)
        if where is not None:
            items += group.tell(
                conn,
                FAILED_TO_CHANGE_INCLUDED_MEMBER,
                IncludedMember(person=moved.before, source="-"),
                place=where,
                settings=settings,
                trace=trace,
            )
    return items


class _Mover:
    """Two addresses with their rows locked, and what there is to be moved."""

    def __init__(
        self,
        conn: "psycopg.Connection[Any]",
        old: str,
        new: str,
        *,
        domain_id: int | None,
        list_id: int | None,
    ) -> None:
        self._conn = conn
        self.before, self.after = _written(old), _written(new)
        keys = [key(self.before), key(self.after)]
        people = {name: number for number, name in conn.execute(_LOCK, [keys])}
        self._old, self._new = people.get(keys[0]), people.get(keys[1])
        self._same = keys[0] == keys[1]
        scope = {"old": self._old, "domain_id": domain_id, "list_id": list_id}
        self.found = conn.execute(_LISTS, scope).fetchall()
        #: The lists that are moved, by number.
        self.ids = {number: name for number, name, asked in self.found if asked}
        self._kept = tuple(row[:2] for row in self.found if not row[2])
        roles = conn.execute(_ROLES, scope).fetchall()
        self.role_ids = [row[0] for row in roles]
        self._role_lists = [row[2] for row in roles if row[2]]

    def is_member(self, list_id: int) -> bool:
        """Whether the new address is on a list already."""
        values = {"old": self._new, "domain_id": None, "list_id": list_id}
        other = self._new is not None and not self._same
        return other and self._conn.execute(_LISTS, values).fetchone() is not None

    def move(self, *, everywhere: bool) -> Moved:
        if self._old is None or not (self.ids or self.role_ids):
            raise SaidError(NOBODY, address=_shown(self.before))
        moved = Moved(
            before=self.before,
            after=self.after,
            lists=tuple(sorted({*self.ids.values(), *self._role_lists})),
            kept=self._kept,
            in_charge=bool(self.role_ids),
        )
        if not self._same:
            for number in self.ids:
                excluding.exclude(self._conn, number, [key(self.before)])
        if self._same or (everywhere and self._new is None and not self._stays()):
            values = [self.after, key(self.after), self._old]
            self._conn.execute(_RENAME, values)
        else:
            self._merge(forget=everywhere)
        return moved

    def _stays(self) -> bool:
        """Whether a source gives the old address: its row has to stay for that."""
        row = self._conn.execute(_STAYS, {"old": self._old}).fetchone()
        return bool(row and row[0])

    def _merge(self, *, forget: bool) -> None:
        new = self._new or persons.find_or_make(self._conn, self.after)
        values = {
            "old": self._old,
            "new": new,
            "lists": list(self.ids),
            "roles": self.role_ids,
        }
        steps = (_GIVE_WAY, _MOVE, _GIVE_WAY_ROLES, _MOVE_ROLES, _NAME)
        for statement in (*steps, *((_FORGET,) if forget else ())):
            self._conn.execute(statement, values)


def _note(
    conn: "psycopg.Connection[Any]",
    moved: Moved,
    lists: Mapping[int, str],
    *,
    actor: str,
    how: How,
) -> None:
    detail = {"address": moved.before, "after": moved.after, "how": how}
    for number, name in lists.items():
        audit.note(
            conn,
            actor=actor,
            action="member.move",
            subject=name,
            list_id=number,
            detail=detail,
        )
    if moved.in_charge or not lists:
        audit.note(
            conn,
            actor=actor,
            action="person.move",
            subject=moved.before,
            detail={**detail, "lists": list(moved.lists)[:_NAMED]},
        )


def _written(address: str) -> str:
    found = parse_addr_spec(address.strip())
    if found is None:
        raise SaidError(NO_ADDRESS, address=_shown(address))
    return found.text


def _shown(address: str) -> str:
    return safe(address)[:200]
