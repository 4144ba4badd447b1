"""What people are told when somebody comes, goes, is invited or reminded.

Used by mail commands, the web UI and the REST API alike.  The items belong to the
transaction in which it happened.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg

from listhub import clock
from listhub.config import Settings
from listhub.lists.notices import (
    command_replies as replies,
    guards,
    memberships as members,
    place as places,
    requests as owners,
)
from listhub.lists.notices.notice import Notice
from listhub.lists.notices.send import send
from listhub.lists.posting import ListRow
from listhub.lists.roles import owners_of
from listhub.lists.subscribing import count
from listhub.mail.address import key
from listhub.spool.items import NewItem

Items = tuple[NewItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where mail is written: the transaction, the settings, and why it is written."""

    conn: "psycopg.Connection[Any]"
    settings: Settings
    trace: uuid.UUID


def joined(
    desk: Desk,
    row: ListRow,
    person: str,
    *,
    by: str = "",
    quiet: bool = False,
    tell_owners: bool = False,
) -> Items:
    """Welcome a new member, unless `quiet`, and tell the owners who want to know.

    `by` is who made somebody else a member.
    """
    notice = members.ADDED if by and key(by) != key(person) else members.WELCOME
    values = members.Membership(person=person)
    items = () if quiet else mail(desk, row, notice, values, to=[person])
    if tell_owners:
        items += notify_owners(desk, row, owners.MEMBER_JOINED, person, by=by or person)
    return items


def left(
    desk: Desk,
    row: ListRow,
    member: str,
    *,
    by: str,
    quiet: bool = False,
    tell_owners: bool = False,
) -> Items:
    """Say good-bye to who was a member, unless `quiet`, and tell the owners."""
    own = key(by) == key(member)
    notice = members.BYE if own else members.REMOVED
    values = members.Membership(person=member)
    items = () if quiet else mail(desk, row, notice, values, to=[member])
    if tell_owners:
        items += notify_owners(desk, row, owners.MEMBER_LEFT, member, by=by)
    return items


def notify_owners(
    desk: Desk,
    row: ListRow,
    notice: Notice[owners.MemberChange],
    person: str,
    *,
    by: str,
) -> Items:
    """Tell the owners of a list who came or went, and on whose word."""
    values = owners.MemberChange(
        person=person, by=by, at=clock.now(), members=count(desk.conn, row.id)
    )
    return mail(desk, row, notice, values, to=owners_of(desk.conn, row.id))


def vain(
    desk: Desk,
    row: ListRow,
    person: str,
    *,
    action: Literal["subscribe", "signoff"],
    by: str,
) -> Items:
    """Tell somebody that another person asked for what is so already."""
    if not _bearable(desk, row, person, kind=action):
        return ()
    values = members.VainRequest(action=action, person=person, by=by)
    return mail(desk, row, members.VAIN_REQUEST_BY_OTHER, values, to=[person])


def invitation(desk: Desk, row: ListRow, person: str, *, by: str) -> Items:
    """Invite somebody to become a member, to one list once a day."""
    if not _bearable(desk, row, person, kind="invite"):
        return ()
    values = members.Invitation(person=person, by=by)
    return mail(desk, row, members.INVITE, values, to=[person])


def _bearable(desk: Desk, row: ListRow, person: str, *, kind: str) -> bool:
    """Say whether somebody may be written to who has asked for nothing.

    Anybody can have this mail sent, under any name: once a day for each list, and no
    more than answers in all.
    """
    once = guards.within_limit(
        desk.conn, [person], limit=1, kind=f"unasked:{kind}:{row.id}"
    )
    limit = desk.settings.site.answers_per_day
    return bool(
        once and guards.within_limit(desk.conn, [person], limit=limit, kind="unasked")
    )


def reminder(
    desk: Desk, row: ListRow, person: str, *, since: datetime, word: str
) -> Items:
    """Remind a member; `word` is the reception as SET has it."""
    values = members.Reminder(person=person, since=since, reception=word)
    return mail(desk, row, members.REMIND, values, to=[person])


def archived(
    desk: Desk, row: ListRow, person: str, *, posts: Sequence[bytes], month: str
) -> Items:
    """Send posts from the archive, attached as they came; `month` is "" for the last."""
    values = replies.ArchivedPosts(posts=len(posts), month=month)
    return mail(desk, row, replies.ARCHIVED, values, to=[person], attached=posts)


def mail(
    desk: Desk,
    row: ListRow,
    notice: Notice[Any],
    values: object,
    *,
    to: Sequence[str],
    attached: Sequence[bytes] = (),
) -> Items:
    """Send a notice of a list, in the language of whoever gets it."""
    place = places.of_list(desk.conn, row.id, settings=desk.settings)
    if place is None:  # the list went away meanwhile
        return ()
    return send(
        desk.conn,
        notice,
        values,
        to=to,
        place=place,
        settings=desk.settings,
        trace=desk.trace,
        attached=attached,
    )
