"""Bounce: reports of non-delivery become events of the right subscriber.

Whose copy came back says the address that the report was sent to (our signed VERP
token, or Sympa's form for mail still on its way after a change-over); what happened
says the report (RFC 3464).  Events are only ever added; a report counts once.
"""

from typing import Any

import psycopg

from listhub.lists import bounces
from listhub.lists.bounces import Event
from listhub.mail import verp
from listhub.mail.dsn import DsnRecipient, read_dsn
from listhub.mail.headers import Headers
from listhub.spool import bodies
from listhub.spool.items import Bury, Done, Item, Verdict
from listhub.stages.stage import RoomStage, StageContext

#: Reports that say nothing bad.
_HARMLESS = ("delivered", "relayed", "expanded")


def handle(item: Item, context: StageContext) -> Verdict:
    """Record what a report says of each recipient that is known here."""
    if item.body_id is None or not item.recipient:
        return Bury(reason="A bounce item needs a body and a recipient.")
    raw = bodies.load(context.conn, item.body_id)
    member = _member(item.recipient, context)
    events = _events(item, raw, member, context.conn)
    if not events:
        return Done(verdict="dropped", note="no report about a member in it")
    added = bounces.record(context.conn, events)
    return Done(note=f"{added} of {len(events)} events were new")


def _member(recipient: str, context: StageContext) -> bounces.Member | None:
    """Return the member whose copy came back, as far as the address tells."""
    local = recipient.rpartition("@")[0]
    if token := verp.decode(context.host.verp_key, local):
        return bounces.by_token(context.conn, token)
    if sympa := verp.decode_sympa(local):
        domain = recipient.rpartition("@")[2]
        return bounces.by_address(
            context.conn,
            address=sympa.recipient,
            list_address=f"{sympa.list_name}@{domain}",
        )
    return None


def _events(
    item: Item,
    raw: bytes,
    member: bounces.Member | None,
    conn: "psycopg.Connection[Any]",
) -> list[Event]:
    reported = [one for one in read_dsn(raw) if one.action not in _HARMLESS]
    if member is not None:
        # One copy, one member: the first block is about it, whatever address the
        # next hops have made of it.
        found = reported[:1] or _plain_bounce(item, raw)
        return [_event(item, member, one) for one in found]
    events = []
    for one in reported:
        known = bounces.by_list(conn, address=one.address, list_id=item.list_id)
        if known:
            events.append(_event(item, known, one))
    return events


def _plain_bounce(item: Item, raw: bytes) -> list[DsnRecipient]:
    """Take mail to a VERP address with a null reverse-path as a bounce of any form.

    Answering machines have one as well, so a mark of theirs rules it out (RFC 3834).
    """
    headers = Headers.parse(raw)
    answered = headers.text("Auto-Submitted").lower().startswith("auto-replied")
    if item.reverse_path or answered:
        return []
    subject = headers.text("Subject")
    return [DsnRecipient(address="", action="", status="", diagnostic=subject)]


def _event(item: Item, member: bounces.Member, one: DsnRecipient) -> Event:
    return Event(
        list_id=member.list_id,
        subscription_id=member.subscription_id,
        address=member.address,
        outgoing_id=member.outgoing_id,
        source="dsn",
        source_id=item.id,
        action=one.action or "failed",
        status=one.status,
        diagnostic=one.diagnostic,
        body_id=item.body_id,
        trace=item.trace,
    )


STAGE = RoomStage(
    name="bounce",
    pool="bounce",
    about="Records reports of non-delivery as events of the right subscriber.",
    handle=handle,
    together=True,
)
