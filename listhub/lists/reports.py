"""Reports of non-delivery to senders: what a refused post becomes."""

import secrets
import uuid
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import psycopg

from listhub import clock
from listhub.config import Settings
from listhub.delivery.outgoing import NewOutgoing, send_out, to_people
from listhub.lists.policy import Refuse
from listhub.lists.posting import find_list
from listhub.lists.roles import owners_of
from listhub.mail.address import parse_addr_spec
from listhub.mail.dsn import DsnRecipient, compose_dsn
from listhub.mail.headers import Headers
from listhub.spool.items import Done, Item, NewItem


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
    name, _, domain = list_address.rpartition("@")
    message_id = f"dsn.{item.id}.{item.trace}@{domain}"
    report = compose_dsn(
        sender=f"{name}-request@{domain}",
        to=item.reverse_path,
        reporting_mta=domain,
        message_id=message_id,
        date=clock.now(),
        text=f"Your message to {list_address} was not distributed. {refusal.reason}",
        recipients=[
            DsnRecipient(
                address=list_address,
                action="failed",
                status=refusal.enhanced,
                diagnostic=refusal.reason,
            )
        ],
        original_headers=head.to_bytes(),
        loop=list_address,
    )
    sent = send_out(
        conn,
        NewOutgoing(
            trace=item.trace,
            message_id=message_id,
            head=report,
            bounce_address="",
            list_id=item.list_id,
            mode="dsn",
        ),
        plain=to_people([item.reverse_path]),
        rules=settings.packets,
    )
    return Done(verdict="refused", note=note, emit=sent.items)


def expired(
    conn: "psycopg.Connection[Any]",
    *,
    list_id: int | None,
    addresses: Sequence[str],
    trace: uuid.UUID,
    settings: Settings,
) -> tuple[NewItem, ...]:
    """Tell a list's owners who was given up on; return the items of the notice."""
    row = find_list(conn, list_id)
    owners = owners_of(conn, list_id) if row else []
    if row is None or not owners:
        return ()
    message_id = f"expired.{trace}.{secrets.token_hex(4)}@{row.domain}"
    head = notice(
        sender=f"{row.name}-request@{row.domain}",
        to=f"{row.name}-request@{row.domain}",
        subject=f"{len(addresses)} copies of a post to {row.address} were given up",
        message_id=message_id,
        loop=row.address,
        text="For "
        f"{settings.delivery.expiry / 86400:g} days no mail server took the copies of"
        " a post for the addresses below. ListHub does not try any longer.\n\n"
        + "\n".join(addresses)
        + f"\n\nThe whole story: listhub trace {trace}\n",
    )
    return send_out(
        conn,
        NewOutgoing(
            trace=trace,
            message_id=message_id,
            head=head,
            bounce_address="",
            list_id=list_id,
            mode="notice",
        ),
        plain=to_people(owners),
        rules=settings.packets,
    ).items


def notice(
    *, sender: str, to: str, subject: str, message_id: str, loop: str, text: str
) -> bytes:
    """Return a plain message of the system's own (RFC 3834 §3: marked as such)."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = clock.now()
    message["Message-ID"] = f"<{message_id}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Loop"] = loop
    message.set_content(text)
    return message.as_bytes()
