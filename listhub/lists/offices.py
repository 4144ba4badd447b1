"""Somebody becomes an owner or a moderator, or is one no more, and hears of it by mail.

The roles themselves are given and taken in `grants`; this is for pages and the API, where
one person decides about another.
"""

from listhub.lists import grants, greetings
from listhub.lists.grants import Kind, Profile
from listhub.lists.greetings import Desk, Items
from listhub.lists.notices import administration as notices
from listhub.lists.options import How
from listhub.lists.posting import ListRow
from listhub.mail.address import key


def appoint(
    desk: Desk,
    row: ListRow,
    address: str,
    *,
    kind: Kind,
    actor: str,
    how: How,
    profile: Profile = "normal",
) -> Items:
    """Give somebody a role, and tell them; errors as `grants.grant`."""
    grants.grant(
        desk.conn,
        row.id,
        address,
        kind=kind,
        name=row.address,
        actor=actor,
        profile=profile,
        how=how,
    )
    return _tell(desk, row, address, added=True, kind=kind, actor=actor)


def dismiss(
    desk: Desk,
    row: ListRow,
    address: str,
    *,
    kind: Kind,
    actor: str,
    how: How,
    keep_last: bool = True,
) -> Items:
    """Take a role from somebody, and tell them; errors as `grants.revoke`."""
    grants.revoke(
        desk.conn,
        row.id,
        address,
        kind=kind,
        name=row.address,
        actor=actor,
        keep_last=keep_last,
        how=how,
    )
    return _tell(desk, row, address, added=False, kind=kind, actor=actor)


def _tell(
    desk: Desk, row: ListRow, address: str, *, added: bool, kind: Kind, actor: str
) -> Items:
    """Write to them, but not of what they have just done themselves."""
    if key(address) == key(actor):
        return ()
    notice = notices.ADDED_AS_LISTADMIN if added else notices.REMOVED_AS_LISTADMIN
    office = notices.Office(role=kind, by=actor)
    return greetings.mail(desk, row, notice, office, to=[address])
