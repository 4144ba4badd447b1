"""Bounce events: who is meant by a report, and the append-only record."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psycopg

from listhub.mail.address import key
from listhub.mail.verp import VerpToken

_BY_ID = """
SELECT subscription.list_id, subscription.id, person.address
  FROM subscription JOIN person ON person.id = subscription.person_id
 WHERE subscription.id = %(subscription_id)s
"""

_BY_KEY = """
SELECT subscription.list_id, subscription.id, person.address
  FROM subscription JOIN person ON person.id = subscription.person_id
 WHERE person.address_key = %(key)s
   AND subscription.list_id = coalesce(%(list_id)s, (
       SELECT id FROM mailing_list WHERE address = lower(%(list_address)s)))
"""

_RECORD = """
INSERT INTO bounce_event (list_id, subscription_id, address, outgoing_id, source,
                          source_id, action, status, diagnostic, body_id, trace)
VALUES (%(list_id)s, %(subscription_id)s, %(address)s, %(outgoing_id)s, %(source)s,
        %(source_id)s, %(action)s, %(status)s, %(diagnostic)s, %(body_id)s, %(trace)s)
    ON CONFLICT (source, source_id, address) DO NOTHING
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """Whose copy a report is about."""

    list_id: int
    subscription_id: int
    address: str
    outgoing_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """What one report says of one member."""

    list_id: int | None
    subscription_id: int | None
    address: str
    outgoing_id: int | None
    source: str
    source_id: int
    action: str
    status: str
    diagnostic: str
    body_id: int | None
    trace: uuid.UUID


def by_token(conn: "psycopg.Connection[Any]", token: VerpToken) -> Member | None:
    """Return the member that our own token names, or its appended address (XVERP)."""
    if token.subscription_id:
        row = conn.execute(_BY_ID, {"subscription_id": token.subscription_id})
        return _member(row.fetchone(), outgoing_id=token.outgoing_id)
    if token.recipient:
        return by_list(
            conn,
            address=token.recipient,
            list_id=token.list_id,
            outgoing_id=token.outgoing_id,
        )
    return None


def by_list(
    conn: "psycopg.Connection[Any]",
    *,
    address: str,
    list_id: int | None,
    outgoing_id: int | None = None,
) -> Member | None:
    """Return the member of that list with that address."""
    row = conn.execute(
        _BY_KEY, {"key": key(address), "list_id": list_id, "list_address": ""}
    ).fetchone()
    return _member(row, outgoing_id=outgoing_id)


def by_address(
    conn: "psycopg.Connection[Any]", *, address: str, list_address: str
) -> Member | None:
    """Return the member of the list of that address."""
    row = conn.execute(
        _BY_KEY, {"key": key(address), "list_id": None, "list_address": list_address}
    ).fetchone()
    return _member(row)


def record(conn: "psycopg.Connection[Any]", events: Sequence[Event]) -> int:
    """Append events, each once however often this runs; return how many were new."""
    return sum(
        conn.execute(_RECORD, _storable(asdict(event))).rowcount for event in events
    )


def _storable(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values as the database takes text: NUL cannot be in it."""
    return {
        name: value.replace("\0", "") if isinstance(value, str) else value
        for name, value in values.items()
    }


def _member(
    row: tuple[Any, ...] | None, *, outgoing_id: int | None = None
) -> Member | None:
    if row is None:
        return None
    return Member(
        list_id=row[0], subscription_id=row[1], address=row[2], outgoing_id=outgoing_id
    )
