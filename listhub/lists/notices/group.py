"""Tell owners and listmasters of trouble without burying them under it.

The first notices of a kind go out at once.  What follows within the window is gathered
and sent as one mail by the job `send-grouped-notices`, at most one in `PAUSE`: a
broken rule on a busy site is a handful of mails, not thousands.
"""

import uuid
from datetime import timedelta
from typing import Any, TypeVar

import psycopg

from listhub.config import Settings
from listhub.i18n import formats
from listhub.lists.notices import place as places, waiting
from listhub.lists.notices.catalogue import by_name
from listhub.lists.notices.notice import Audience, Notice, Place
from listhub.lists.notices.send import send
from listhub.lists.notices.to_listmasters import (
    GATHERED,
    GATHERED_FOR_OWNERS,
    Gathered,
    NoticeLine,
)
from listhub.lists.notices.waiting import Group, Kept
from listhub.lists.notices.words import write
from listhub.lists.roles import receivers
from listhub.mail.recipient import AddressKind
from listhub.spool.items import NewItem

V = TypeVar("V")

FIRST = 3
WINDOW = timedelta(hours=1)
PAUSE = timedelta(minutes=5)

#: Of the gathered ones so many are named.
NAMED = 50

_KEEP = timedelta(days=2)
_KINDS = {
    Audience.MODERATORS: AddressKind.EDITOR,
    Audience.OWNERS: AddressKind.OWNER,
    Audience.LISTMASTERS: AddressKind.LISTMASTER,
}


def tell(
    conn: "psycopg.Connection[Any]",
    notice: Notice[V],
    values: V,
    *,
    place: Place,
    settings: Settings,
    trace: uuid.UUID,
) -> tuple[NewItem, ...]:
    """Tell those in charge, now or with others of the kind; return items to emit.

    Who they are follows from the notice's audience: owners of the place's list,
    listmasters of its domain.
    """
    group = waiting.group_of(notice, place)
    now = waiting.may_go_alone(conn, group, first=FIRST, window=WINDOW)
    waiting.put(conn, notice, values, place=place, trace=trace, sent=now)
    if not now:
        return ()
    return _send(conn, notice, values, place=place, settings=settings, trace=trace)


def send_waiting(
    conn: "psycopg.Connection[Any]", *, settings: Settings, pause: timedelta = PAUSE
) -> tuple[int, tuple[NewItem, ...]]:
    """Send what has gathered; return how many notices, and the items to emit."""
    told = 0
    items: list[NewItem] = []
    for group in waiting.due(conn, pause=pause):
        kept = waiting.take(conn, group)
        place = _place(conn, group, settings)
        if kept and place is not None:
            told += len(kept)
            items += _send_kept(conn, group, kept, place=place, settings=settings)
    waiting.forget(conn, age=_KEEP)
    return told, tuple(items)


def _place(
    conn: "psycopg.Connection[Any]", group: Group, settings: Settings
) -> Place | None:
    if group.audience is not Audience.LISTMASTERS and group.list_id is not None:
        return places.of_list(conn, group.list_id, settings=settings)
    return places.of_domain(conn, domain_id=group.domain_id, settings=settings)


def _send_kept(
    conn: "psycopg.Connection[Any]",
    group: Group,
    kept: list[Kept],
    *,
    place: Place,
    settings: Settings,
) -> tuple[NewItem, ...]:
    notice = by_name(group.kind)
    last = kept[-1]
    if notice is not None and len(kept) == 1:
        # Alone it is told in full, with the values that it was kept with.
        return _send(
            conn,
            notice,
            last.values,
            place=place,
            settings=settings,
            trace=last.trace,
        )
    gathered = Gathered(
        kind=group.kind,
        count=len(kept),
        lines=tuple(_line(notice, each, place) for each in kept[-NAMED:]),
    )
    common = GATHERED if group.audience is Audience.LISTMASTERS else GATHERED_FOR_OWNERS
    return _send(
        conn, common, gathered, place=place, settings=settings, trace=last.trace
    )


def _line(notice: Notice[Any] | None, kept: Kept, place: Place) -> NoticeLine:
    """Return one line of a gathered mail; a newer release may know kinds we do not."""
    language = place.language
    subject = (
        write(notice, kept.values, place=place, language=language).subject
        if notice is not None
        else str(kept.values)
    )
    return NoticeLine(
        at=formats.moment(kept.at, language, timezone=place.timezone),
        subject=subject,
        trace=str(kept.trace),
    )


def _send(
    conn: "psycopg.Connection[Any]",
    notice: Notice[Any],
    values: object,
    *,
    place: Place,
    settings: Settings,
    trace: uuid.UUID,
) -> tuple[NewItem, ...]:
    people = receivers(
        conn,
        _KINDS[notice.audience],
        list_id=place.list_id,
        domain_id=place.domain_id,
        site_listmaster=settings.site.listmaster,
    )
    return send(
        conn, notice, values, to=people, place=place, settings=settings, trace=trace
    )
