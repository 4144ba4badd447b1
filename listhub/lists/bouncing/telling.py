"""Who is told of bounces: the member, the owners, the listmasters."""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, cast

import psycopg

from listhub import clock
from listhub.config import Settings
from listhub.lists import audit, subscribing
from listhub.lists.bounce_settings import BounceSettings
from listhub.lists.bouncing import levels
from listhub.lists.bouncing.actions import BY
from listhub.lists.bouncing.score import Score
from listhub.lists.notices import group, waiting
from listhub.lists.notices.memberships import (
    AUTO_NOTIFY_BOUNCERS,
    SUSPENDED,
    Bouncing,
    Suspension,
)
from listhub.lists.notices.notice import Audience, Place
from listhub.lists.notices.send import send
from listhub.lists.notices.to_owners import (
    AUTOMATIC_BOUNCE_MANAGEMENT,
    BOUNCE_RATE,
    BounceRate,
    BouncersHandled,
)
from listhub.lists.posting import ListRow
from listhub.spool.items import NewItem

#: So many addresses are named in one mail.
_NAMED: Final = 50
#: Few members make no rate.
_FEW: Final = 10
_WARNING: Final = "list.bounce_rate"
_WARNED = """
SELECT 1 FROM audit WHERE list_id = %(list_id)s AND action = %(action)s
   AND at > now() - interval '7 days' LIMIT 1
"""

#: What is news for those in charge; a probe that arrived is none.
_NEWS: Final = frozenset({"removed", "suspended", "notified", "none"})


def notify(
    conn: "psycopg.Connection[Any]",
    found: Score,
    *,
    place: Place,
    site: Settings,
    trace: uuid.UUID,
) -> tuple[NewItem, ...]:
    """Tell a member that mail comes back, should it still reach them."""
    values = Bouncing(
        person=found.address,
        count=found.reports,
        since=found.first_at,
        last_at=found.last_at,
        reply=found.diagnostic or found.status or "?",
    )
    return send(
        conn,
        AUTO_NOTIFY_BOUNCERS,
        values,
        to=[found.address],
        place=place,
        settings=site,
        trace=trace,
    )


def suspended(
    conn: "psycopg.Connection[Any]",
    address: str,
    *,
    place: Place,
    site: Settings,
    trace: uuid.UUID,
) -> tuple[NewItem, ...]:
    """Tell a member that no more mail is sent, should it still reach them."""
    values = Suspension(person=address, since=clock.now(), until=None)
    return send(
        conn,
        SUSPENDED,
        values,
        to=[address],
        place=place,
        settings=site,
        trace=trace,
    )


def tell(
    conn: "psycopg.Connection[Any]",
    settings: BounceSettings,
    done: Mapping[tuple[int, str], Sequence[str]],
    *,
    place: Place,
    site: Settings,
    trace: uuid.UUID,
) -> tuple[NewItem, ...]:
    """Tell those whom each level names what was done: one mail a level and action."""
    told = {level.number: level.told for level in levels.of_list(settings)}
    items: list[NewItem] = []
    for (number, what), addresses in sorted(done.items()):
        audience = told.get(number, "none")
        if what not in _NEWS or audience == "none":
            continue
        notice = AUTOMATIC_BOUNCE_MANAGEMENT
        if audience == "listmaster":
            notice = dataclasses.replace(notice, audience=Audience.LISTMASTERS)
        values = BouncersHandled(
            level=number,
            action=cast("Literal['removed', 'suspended', 'notified', 'none']", what),
            count=len(addresses),
            addresses=tuple(sorted(addresses)[:_NAMED]),
        )
        items += group.tell(
            conn, notice, values, place=place, settings=site, trace=trace
        )
    return tuple(items)


def warn(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    settings: BounceSettings,
    scores: Sequence[Score],
    *,
    place: Place,
    trace: uuid.UUID,
) -> None:
    """Warn the owners, once a week, of a list whose mail does not reach its members."""
    limit = settings.bounce_warn_rate
    members = subscribing.count(conn, row.id)
    if not limit or members < _FEW or len(scores) * 100 <= members * limit:
        return
    if conn.execute(_WARNED, {"list_id": row.id, "action": _WARNING}).fetchone():
        return
    values = BounceRate(
        rate=len(scores) * 100 // members,
        limit=limit,
        bouncing=len(scores),
        members=members,
    )
    waiting.put(conn, BOUNCE_RATE, values, place=place, trace=trace)
    audit.note(
        conn,
        actor=BY,
        action=_WARNING,
        subject=row.address,
        list_id=row.id,
        detail=dataclasses.asdict(values),
    )
