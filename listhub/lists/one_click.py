"""Leave a list by one click: no question, no log-in, and twice is once (RFC 8058)."""

import uuid
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.lists import subscribing
from listhub.lists.notices import place as places
from listhub.lists.notices.memberships import BYE, Membership as Values
from listhub.lists.notices.send import send
from listhub.lists.posting import find_list
from listhub.mail.one_click import Membership
from listhub.spool import store

# Whoever comes second waits here, and finds nothing then.
_MEMBER = """
SELECT person.address FROM subscription JOIN person ON person.id = subscription.person_id
 WHERE subscription.id = %s AND subscription.list_id = %s
   FOR UPDATE OF subscription
"""


def leave(
    conn: "psycopg.Connection[Any]", named: Membership, *, settings: Settings
) -> str:
    """End a membership, with a good-bye by mail; return the list's address.

    "" if the list is gone.  A membership that has ended before is left at that: nobody
    is written to, and one that began later is another one.
    """
    row = find_list(conn, named.list_id)
    if row is None:
        return ""
    member = conn.execute(_MEMBER, [named.subscription_id, named.list_id]).fetchone()
    if member is None:
        return row.address
    address: str = member[0]
    subscribing.sign_off(conn, row, address, actor=address, how="web")
    place = places.of_list(conn, row.id, settings=settings)
    if place is not None:
        values = Values(person=address)
        trace = uuid.uuid4()
        items = send(
            conn, BYE, values, to=[address], place=place, settings=settings, trace=trace
        )
        store.put(conn, items)
    return row.address
