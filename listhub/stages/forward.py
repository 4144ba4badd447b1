"""Forward: mail to owners, moderators and listmasters goes on to the people."""

from listhub.commands import parse
from listhub.delivery.outgoing import NewOutgoing, send_out, to_people
from listhub.lists import reports
from listhub.lists.policy import Refuse
from listhub.lists.roles import receivers
from listhub.mail import message_id, screening
from listhub.mail.headers import Headers
from listhub.mail.recipient import AddressKind, split
from listhub.spool import bodies
from listhub.spool.items import Bury, Done, Item, NewItem, Verdict
from listhub.stages.stage import RoomStage, StageContext

_DOMAIN = "SELECT id FROM domain WHERE name = lower(%s)"


def handle(item: Item, context: StageContext) -> Verdict:
    """Send the mail on to whoever holds the role, or report that nobody does."""
    if item.body_id is None or not item.recipient:
        return Bury(reason="A forward item needs a body and a recipient.")
    raw = bodies.load(context.conn, item.body_id)
    headers = Headers.parse(raw)
    if command := _command(item, item.recipient, raw):
        return command
    if loop := screening.loop(headers, item.recipient):
        return Done(verdict="dropped", note=loop)
    people = _people(item, item.recipient, context)
    if not people:
        nobody = f"Nobody reads {item.recipient} at the moment."
        return reports.refuse(
            context.conn,
            item,
            Refuse(enhanced="5.2.4", reason=nobody),
            head=headers,
            list_address=item.recipient,
            settings=context.settings,
        )
    return _forward(item, item.recipient, headers, people, context)


def _command(item: Item, recipient: str, raw: bytes) -> Done | None:
    """Send `subscribe` to -request on to where commands are done, as SmartList had it."""
    name, kind = split(recipient.rpartition("@")[0])
    asked = parse.implied(raw, name) if kind is AddressKind.OWNER else None
    if asked is None:
        return None
    mail = NewItem(
        stage="command",
        trace=item.trace,
        list_id=item.list_id,
        body_id=item.body_id,
        message_id=item.message_id,
        reverse_path=item.reverse_path,
        recipient=recipient,
    )
    return Done(note=f"the command {asked}", emit=(mail,))


def _people(item: Item, recipient: str, context: StageContext) -> list[str]:
    local, _, domain = recipient.rpartition("@")
    row = context.conn.execute(_DOMAIN, [domain]).fetchone()
    return receivers(
        context.conn,
        split(local)[1],
        list_id=item.list_id,
        domain_id=row[0] if row else None,
        site_listmaster=context.settings.site.listmaster,
    )


def _forward(
    item: Item,
    recipient: str,
    headers: Headers,
    people: list[str],
    context: StageContext,
) -> Done:
    domain = recipient.rpartition("@")[2]
    changed = headers.copy()
    changed.add("X-Loop", recipient)
    # RFC 5322 §3.6.2: who transmitted it; also where answers of programs go.
    changed.replace("Sender", f"listmaster@{domain}")
    changed.remove("Resent-Sender")
    sent = send_out(
        context.conn,
        NewOutgoing(
            trace=item.trace,
            message_id=message_id.message_id(headers) or f"{item.trace}@{domain}",
            head=changed.to_bytes(),
            body_id=item.body_id,
            body_offset=headers.body_offset,
            # Bounces of a role's mail must not come back to the role: a null path
            # would drop them, so they go where bounces are read.
            bounce_address=f"bounce+forward@{domain}",
            list_id=item.list_id,
            mode="forward",
            priority=item.priority,
        ),
        plain=to_people(people),
        rules=context.settings.packets,
    )
    return Done(note=f"forwarded to {len(people)}", emit=sent.items)


STAGE = RoomStage(
    name="forward",
    pool="distribution",
    about="Sends mail for owners, moderators and listmasters on to them.",
    handle=handle,
)
