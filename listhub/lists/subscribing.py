"""How people become members of a list and cease to be: by mail, web, API or an owner.

Nothing here asks whether they may: that is the scenario's, or an owner's, to say.  Doing
it twice does it once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from listhub.i18n.text import N_
from listhub.lists import audit, persons
from listhub.lists.list_settings import ListSettings
from listhub.lists.options import How
from listhub.lists.posting import ListRow
from listhub.lists.said import SaidError
from listhub.lists.sources import excluding
from listhub.mail import encoded_words
from listhub.mail.address import key
from listhub.mail.recipient import COMMANDS, split

_NAME_LIMIT = 200  # characters

FULL = N_("%(list)s is full: it takes %(most)s and no more.")
OWN = N_("%(address)s is an address of the list itself.")
NOT_OPEN = N_("The list %(list)s is not open.")

_LOCK_LIST = "SELECT status FROM mailing_list WHERE id = %s FOR KEY SHARE"
# The same lock as an import takes: who counts members must count alone.
_LOCK_MEMBERS = """
SELECT pg_advisory_xact_lock(hashtextextended('members/' || %s::bigint, 0))
"""
_COUNT = "SELECT count(*) FROM subscription WHERE list_id = %s"
_NAME = "UPDATE person SET display_name = %s WHERE id = %s AND display_name = ''"
_SUBSCRIBE = """
INSERT INTO subscription (list_id, person_id, reception, concealed)
VALUES (%(list_id)s, %(person_id)s, %(reception)s, %(concealed)s)
    ON CONFLICT (list_id, person_id) DO NOTHING
"""
_UNSUPPRESS = "DELETE FROM suppression WHERE domain_id = %s AND address_key = %s"
_SIGN_OFF = """
DELETE FROM subscription USING person
 WHERE person.id = subscription.person_id
   AND subscription.list_id = %s AND person.address_key = %s
RETURNING person.address, subscription.created_at
"""
_IS_MEMBER = """
SELECT EXISTS (
    SELECT FROM subscription JOIN person ON person.id = subscription.person_id
     WHERE subscription.list_id = %s AND person.address_key = %s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Who is to become a member; without a reception the list's default is taken."""

    address: str
    name: str = ""
    reception: str | None = None
    concealed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """Who was a member, and since when."""

    address: str
    since: datetime


def is_member(conn: "psycopg.Connection[Any]", list_id: int, address: str) -> bool:
    """Say whether somebody is a member of a list."""
    row = conn.execute(_IS_MEMBER, [list_id, key(address)]).fetchone()
    return bool(row and row[0])


def count(conn: "psycopg.Connection[Any]", list_id: int) -> int:
    """Return how many members a list has."""
    row = conn.execute(_COUNT, [list_id]).fetchone()
    return int(row[0]) if row else 0


def subscribe(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    newcomer: Newcomer,
    *,
    settings: ListSettings,
    actor: str,
    how: How,
) -> bool:
    """Make somebody a member; False if they were one, and then nothing is changed.

    UsageError for an address that is none or one of the list's own, for a closed list,
    and for one that is full.
    """
    refuse_own(row, newcomer.address)
    _refuse_closed(conn, row)
    excluding.readmit(conn, row.id, [key(newcomer.address)])
    if key(actor) == key(newcomer.address):
        # Who comes of their own wish is to get what they asked for.
        conn.execute(_UNSUPPRESS, [row.domain_id, key(newcomer.address)])
    if is_member(conn, row.id, newcomer.address):
        return False
    if settings.max_members:
        conn.execute(_LOCK_MEMBERS, [row.id])
        if count(conn, row.id) >= settings.max_members:
            raise SaidError(FULL, list=row.address, most=settings.max_members)
    if not _insert(conn, row, newcomer, settings=settings):
        return False
    audit.note(
        conn,
        actor=actor,
        action="member.add",
        subject=row.address,
        list_id=row.id,
        detail={"address": newcomer.address, "how": how},
    )
    return True


def sign_off(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    address: str,
    *,
    actor: str,
    how: How,
) -> Gone | None:
    """End a membership and return it; None, and nothing changed, if there was none."""
    excluding.exclude(conn, row.id, [key(address)])
    found = conn.execute(_SIGN_OFF, [row.id, key(address)]).fetchone()
    if found is None:
        return None
    audit.note(
        conn,
        actor=actor,
        action="member.del",
        subject=row.address,
        list_id=row.id,
        detail={"address": found[0], "how": how},
    )
    return Gone(address=found[0], since=found[1])


def _insert(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    newcomer: Newcomer,
    *,
    settings: ListSettings,
) -> bool:
    person_id = persons.find_or_make(conn, newcomer.address)
    # A name is filled in and never changed: the person may be on other lists.
    if name := encoded_words.safe(newcomer.name).strip()[:_NAME_LIMIT]:
        conn.execute(_NAME, [name, person_id])
    concealed = newcomer.concealed
    wanted = {
        "list_id": row.id,
        "person_id": person_id,
        "reception": newcomer.reception or settings.default_reception,
        "concealed": settings.default_concealed if concealed is None else concealed,
    }
    return conn.execute(_SUBSCRIBE, wanted).rowcount == 1


def refuse_own(row: ListRow, address: str) -> None:
    """Raise SaidError for addresses of the list and the system: mail would go round."""
    local, _, domain = key(address).rpartition("@")
    if domain == row.domain and (split(local)[0] == row.name or local in COMMANDS):
        raise SaidError(OWN, address=address)


def _refuse_closed(conn: "psycopg.Connection[Any]", row: ListRow) -> None:
    # Shared with posts, which move the list's counters, but not with closing it.
    found = conn.execute(_LOCK_LIST, [row.id]).fetchone()
    if found is None or found[0] != "open":
        raise SaidError(NOT_OPEN, list=row.address)
