"""Bounce events: who is meant by a report, and the append-only record."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import psycopg

from listhub.delivery.outgoing import sort_key
from listhub.mail import one_click, verp
from listhub.mail.address import key
from listhub.mail.verp import VerpToken

#: How we know whose copy it was.  A token is signed.  Without one anybody may have
#: written the address: 'ledger' was sent this very message, 'claim' may be anything.
Proof = Literal["token", "ledger", "claim"]

_BY_ID = """
SELECT subscription.list_id, subscription.id, person.address
  FROM subscription JOIN person ON person.id = subscription.person_id
 WHERE subscription.id = %(subscription_id)s
   AND subscription.list_id = %(list_id)s
"""

_BY_KEY = """
SELECT subscription.list_id, subscription.id, person.address
  FROM subscription JOIN person ON person.id = subscription.person_id
 WHERE person.address_key = %(key)s
   AND subscription.list_id = coalesce(%(list_id)s, (
       SELECT id FROM mailing_list WHERE address = lower(%(list_address)s)))
"""

# In code order, as the keys were sorted when the packets were made.
_WAS_SENT = """
SELECT EXISTS (
    SELECT FROM packet JOIN outgoing ON outgoing.id = packet.outgoing_id
     WHERE packet.outgoing_id = %(outgoing_id)s AND outgoing.list_id = %(list_id)s
       AND packet.first_key COLLATE "C" <= %(sort_key)s COLLATE "C"
       AND packet.last_key COLLATE "C" >= %(sort_key)s COLLATE "C"
       AND %(subscription_id)s = ANY(packet.subscriptions))
"""

_RECORD = """
INSERT INTO bounce_event (list_id, subscription_id, address, outgoing_id, source,
                          source_id, action, status, diagnostic, body_id, trace, kind,
                          trouble, detector, proof, alike)
VALUES (%(list_id)s, %(subscription_id)s, %(address)s, %(outgoing_id)s, %(source)s,
        %(source_id)s, %(action)s, %(status)s, %(diagnostic)s, %(body_id)s, %(trace)s,
        %(kind)s, %(trouble)s, %(detector)s, %(proof)s, %(alike)s)
    ON CONFLICT (source, source_id, address) DO NOTHING
RETURNING EXISTS (SELECT FROM bounce_action
                   WHERE bounce_action.outgoing_id = bounce_event.outgoing_id
                     AND bounce_action.action = 'probe' AND outcome = '')
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """Whose copy a report is about, and how we know."""

    list_id: int
    subscription_id: int
    address: str
    outgoing_id: int | None = None
    proof: Proof = "claim"


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
    kind: Literal["bounce", "complaint"] = "bounce"
    trouble: str = ""
    detector: str = ""
    proof: Proof = "claim"
    alike: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """How many events were new, and whether one is about a probe that is waited for."""

    new: int
    answers_probe: bool


def by_reverse_path(
    conn: "psycopg.Connection[Any]", address: str, *, verp_key: bytes
) -> Member | None:
    """Return the member whose copy bore a reverse-path, as far as that tells.

    Our own token first, then Sympa's form, for mail that was on its way when a site
    changed over.
    """
    local, _, domain = address.rpartition("@")
    if token := verp.decode(verp_key, local):
        return by_token(conn, token)
    if sympa := verp.decode_sympa(local):
        return by_address(
            conn, sympa.recipient, list_address=f"{sympa.list_name}@{domain}"
        )
    return None


def is_reverse_path(address: str, *, verp_key: bytes) -> bool:
    """Say whether an address names one copy; a forged one does not."""
    local = address.rpartition("@")[0]
    return bool(verp.decode(verp_key, local) or verp.decode_sympa(local))


def by_token(conn: "psycopg.Connection[Any]", token: VerpToken) -> Member | None:
    """Return the member that our own token names, or its appended address (XVERP).

    The latter is under no signature, so it must be an address that this message was
    sent to.
    """
    if token.subscription_id:
        values = {"subscription_id": token.subscription_id, "list_id": token.list_id}
        found = _member(conn.execute(_BY_ID, values).fetchone())
        return found and replace(found, outgoing_id=token.outgoing_id, proof="token")
    if not token.recipient:
        return None
    found = by_list(conn, token.recipient, list_id=token.list_id)
    if found is None or not _was_sent(conn, found, token.outgoing_id):
        return None
    return replace(found, outgoing_id=token.outgoing_id, proof="ledger")


def by_one_click(
    conn: "psycopg.Connection[Any]", tokens: Iterable[str], *, keys: Iterable[bytes]
) -> Member | None:
    """Return the member that a token of one-click unsubscription names."""
    known = tuple(keys)
    for each in tokens:
        if named := one_click.decode(known, each):
            found = conn.execute(_BY_ID, asdict(named)).fetchone()
            if member := _member(found):
                return replace(member, proof="token")
    return None


def by_list(
    conn: "psycopg.Connection[Any]", address: str, *, list_id: int | None
) -> Member | None:
    """Return the member of that list with that address."""
    return _by_key(conn, address, list_id=list_id, list_address="")


def by_address(
    conn: "psycopg.Connection[Any]", address: str, *, list_address: str
) -> Member | None:
    """Return the member of the list of that address."""
    return _by_key(conn, address, list_id=None, list_address=list_address)


def record(conn: "psycopg.Connection[Any]", events: Sequence[Event]) -> Recorded:
    """Append events, each once however often this runs."""
    rows = [conn.execute(_RECORD, _storable(asdict(event))) for event in events]
    new = [row[0] for found in rows for row in found]
    return Recorded(new=len(new), answers_probe=any(new))


def _was_sent(
    conn: "psycopg.Connection[Any]", member: Member, outgoing_id: int
) -> bool:
    row = conn.execute(
        _WAS_SENT,
        {
            "outgoing_id": outgoing_id,
            "list_id": member.list_id,
            "subscription_id": member.subscription_id,
            "sort_key": sort_key(key(member.address)),
        },
    ).fetchone()
    return bool(row and row[0])


def _by_key(
    conn: "psycopg.Connection[Any]",
    address: str,
    *,
    list_id: int | None,
    list_address: str,
) -> Member | None:
    values = {
        "key": key(address.replace("\0", "")),
        "list_id": list_id,
        "list_address": list_address.replace("\0", ""),
    }
    return _member(conn.execute(_BY_KEY, values).fetchone())


def _storable(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values as the database takes text: no NUL, no lone surrogates."""
    return {
        name: value.replace("\0", "").encode(errors="replace").decode()
        if isinstance(value, str)
        else value
        for name, value in values.items()
    }


def _member(row: tuple[Any, ...] | None) -> Member | None:
    if row is None:
        return None
    return Member(list_id=row[0], subscription_id=row[1], address=row[2])
