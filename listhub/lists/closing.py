"""Lists are closed and opened again by who has the right to, from pages and the API.

A list that was asked for and that no listmaster has agreed to is not its owners' to
open: not while it waits, and not after it was rejected.
"""

from typing import Any

import psycopg

from listhub.i18n.text import N_
from listhub.lists import catalogue, greetings
from listhub.lists.greetings import Desk, Items
from listhub.lists.notices.administration import LIST_CLOSED, ListClosed
from listhub.lists.options import How
from listhub.lists.posting import ListRow
from listhub.lists.roles import owners_of
from listhub.lists.said import SaidError
from listhub.lists.setting_rights import Rank

PENDING = N_("%(list)s waits for a listmaster, who decides about it in the queue.")
NEVER_AGREED = N_("No listmaster has agreed to %(list)s; only they can open it.")
PRIVILEGED_ONLY = N_("It takes a privileged owner, or a listmaster.")

_NEVER_AGREED = """
SELECT EXISTS (SELECT FROM audit WHERE list_id = %(id)s AND action = 'list.ask')
   AND NOT EXISTS (SELECT FROM audit WHERE list_id = %(id)s AND action = 'list.open')
"""


def close(
    desk: Desk, row: ListRow, *, rank: Rank, actor: str, how: How
) -> Items | None:
    """Close a list and tell its owners; None if it was closed already.

    SaidError for who may not.
    """
    _check(row, rank)
    found = catalogue.find_list(desk.conn, row.address)
    if not catalogue.set_status(desk.conn, found, "closed", actor=actor, how=how):
        return None
    values = ListClosed(by=actor, members=found.members)
    owners = owners_of(desk.conn, row.id)
    return greetings.mail(desk, row, LIST_CLOSED, values, to=owners)


def reopen(
    conn: "psycopg.Connection[Any]", row: ListRow, *, rank: Rank, actor: str, how: How
) -> bool:
    """Open a closed list again; False if it is open.  SaidError for who may not."""
    _check(row, rank)
    if rank != "listmaster" and never_agreed(conn, row.id):
        raise SaidError(NEVER_AGREED, list=row.address)
    found = catalogue.find_list(conn, row.address)
    return catalogue.set_status(conn, found, "open", actor=actor, how=how)


def never_agreed(conn: "psycopg.Connection[Any]", list_id: int) -> bool:
    """Tell whether a list was asked for, and never granted."""
    found = conn.execute(_NEVER_AGREED, {"id": list_id}).fetchone()
    return bool(found and found[0])


def _check(row: ListRow, rank: Rank) -> None:
    if rank == "owner":
        raise SaidError(PRIVILEGED_ONLY)
    if row.status == "pending":
        raise SaidError(PENDING, list=row.address)
