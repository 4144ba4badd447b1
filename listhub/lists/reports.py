"""Reports of non-delivery: what a refused post and a copy given up become."""

import uuid
from collections.abc import Sequence
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.lists.notices import place as places
from listhub.lists.notices.guards import Answered
from listhub.lists.notices.reports import REFUSED, Refusal
from listhub.lists.notices.send import send
from listhub.lists.notices.to_owners import EXPIRED_RECIPIENTS, GivenUp
from listhub.lists.refusal import Refuse
from listhub.lists.roles import owners_of
from listhub.mail.address import parse_addr_spec
from listhub.mail.headers import Headers
from listhub.mail.message_id import message_id
from listhub.spool.items import Done, Item, NewItem

_NAMED = 200  # addresses that a notice of given-up copies names


def refuse(
    conn: "psycopg.Connection[Any]",
    item: Item,
    refusal: Refuse,
    *,
    head: Headers,
    list_address: str,
    settings: Settings,
) -> Done:
    """Answer a refused mail with a DSN to its reverse-path; none to the null one."""
    note = f"{refusal.enhanced} {refusal.reason}"
    if not item.reverse_path or parse_addr_spec(item.reverse_path) is None:
        # RFC 5321 §6.1: no report about a report.
        return Done(
            verdict="refused", note=f"{note} (no report: no reverse-path to send it to)"
        )
    place = (
        places.of_list(conn, item.list_id, settings=settings) if item.list_id else None
    )
    items = send(
        conn,
        refusal.notice or REFUSED,
        refusal.values or Refusal(recipient=list_address, reason=refusal.reason),
        to=[item.reverse_path],
        place=place
        or places.of_domain(
            conn, name=list_address.rpartition("@")[2], settings=settings
        ),
        settings=settings,
        trace=item.trace,
        answered=Answered(
            reverse_path=item.reverse_path,
            headers=head,
            recipient=list_address,
            message_id=message_id(head),
        ),
        status=refusal.enhanced,
        diagnostic=str(refusal.reason),
    )
    return Done(
        verdict="refused",
        note=note if items else f"{note} (no report: the log says why)",
        emit=items,
    )


def expired(
    conn: "psycopg.Connection[Any]",
    *,
    list_id: int | None,
    addresses: Sequence[str],
    trace: uuid.UUID,
    settings: Settings,
) -> tuple[NewItem, ...]:
    """Tell a list's owners who was given up on; return the items of the notice."""
    place = places.of_list(conn, list_id, settings=settings) if list_id else None
    if place is None:
        return ()
    return send(
        conn,
        EXPIRED_RECIPIENTS,
        GivenUp(
            count=len(addresses),
            days=max(1, round(settings.delivery.expiry / 86400)),
            addresses=tuple(addresses[:_NAMED]),
            trace=str(trace),
        ),
        to=owners_of(conn, list_id),
        place=place,
        settings=settings,
        trace=trace,
    )
