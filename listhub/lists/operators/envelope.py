"""A new envelope of an item, as somebody gives it: checked, and what of it differs."""

from typing import Any

import psycopg

from listhub.i18n.text import N_
from listhub.lists import directory
from listhub.lists.said import SaidError
from listhub.mail.address import parse_addr_spec
from listhub.spool.browse import Past, Waiting
from listhub.spool.operator import Edit, Envelope

NO_ADDRESS = N_("“%(address)s” is not an address.")
NO_PRIORITY = N_("A priority is a number from 0, the first, to 9, the last.")
NOT_OURS = N_("Mail to %(address)s is not for us: %(why)s")
OTHER_STAGE = N_(
    "Mail to %(address)s is for the stage %(there)s; this item is in %(here)s."
)


def of(item: Waiting | Past) -> Envelope:
    """Return an item's envelope."""
    return Envelope(
        recipient=item.recipient,
        list_id=item.list_id,
        reverse_path=item.reverse_path,
        priority=item.priority,
    )


def edit(
    conn: "psycopg.Connection[Any]",
    stage: str,
    old: Envelope,
    *,
    recipient: str | None = None,
    reverse_path: str | None = None,
    priority: int | None = None,
) -> Edit:
    """Return what of an envelope is to be changed; what is None or the same is not.

    A new recipient brings its list along, which must be one for the same stage.
    SaidError for what is no address, no priority, or not for that stage.
    """
    if recipient == (old.recipient or ""):
        recipient = None
    if reverse_path == (old.reverse_path or ""):
        reverse_path = None
    if reverse_path and parse_addr_spec(reverse_path) is None:
        raise SaidError(NO_ADDRESS, address=reverse_path)
    if priority is not None and not 0 <= priority <= 9:
        raise SaidError(NO_PRIORITY)
    return Edit(
        recipient=recipient,
        list_id=_list_id(conn, stage, recipient) if recipient is not None else None,
        reverse_path=reverse_path,
        priority=priority if priority != old.priority else None,
    )


def _list_id(conn: "psycopg.Connection[Any]", stage: str, recipient: str) -> int | None:
    """Return the list that a new recipient means."""
    if parse_addr_spec(recipient) is None:
        raise SaidError(NO_ADDRESS, address=recipient)
    there = directory.find(conn, [recipient])[recipient]
    if isinstance(there, directory.Refusal):
        raise SaidError(NOT_OURS, address=recipient, why=there.text)
    if there.stage != stage:
        raise SaidError(OTHER_STAGE, address=recipient, there=there.stage, here=stage)
    return there.list_id
