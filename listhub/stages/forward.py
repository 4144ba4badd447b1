"""Forward: mail to owners, moderators and listmasters goes on to the people.

It leaves as it came but for its marks: X-Loop with the address that it was sent to,
Sender, and From where its author's domain would have the copies refused (DMARC).
"""

from listhub.commands import parse
from listhub.delivery.outgoing import NewOutgoing, send_out, to_people
from listhub.delivery.treatment import Treatment
from listhub.i18n.text import N_, Text
from listhub.lists import forwarding, protecting, reports
from listhub.lists.forwarding import Letter
from listhub.lists.refusal import Refuse
from listhub.lists.roles import receivers
from listhub.mail import message_id, munge, screening
from listhub.mail.recipient import AddressKind, split
from listhub.spool import bodies
from listhub.spool.items import Bury, Done, Item, NewItem, Verdict
from listhub.stages.stage import RoomStage, StageContext

NOBODY = N_("Nobody reads %(address)s at the moment.")

_DOMAIN = "SELECT id FROM domain WHERE name = lower(%s)"


def handle(item: Item, context: StageContext) -> Verdict:
    """Send the mail on to whoever holds the role, or report that nobody does."""
    if item.body_id is None or not item.recipient:
        return Bury(reason="A forward item needs a body and a recipient.")
    raw = bodies.load(context.conn, item.body_id)
    letter = forwarding.read(
        context.conn,
        raw,
        recipient=item.recipient,
        reverse_path=item.reverse_path or "",
        list_id=item.list_id,
        domain_id=_domain_id(item.recipient, context),
    )
    if loop := screening.loop(letter.draft.headers, letter.recipient):
        return Done(verdict="dropped", note=loop)
    if command := _command(item, letter.recipient, raw):
        return command
    if why := forwarding.unwanted(context.conn, context.ask, letter, context.settings):
        return Done(verdict="dropped", note=why)
    people = _people(letter, context)
    if not people:
        return _nobody(item, letter, context)
    return _forward(item, letter, people, context)


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


def _domain_id(recipient: str, context: StageContext) -> int | None:
    domain = recipient.rpartition("@")[2]
    row = context.conn.execute(_DOMAIN, [domain]).fetchone()
    return row[0] if row else None


def _people(letter: Letter, context: StageContext) -> list[str]:
    return receivers(
        context.conn,
        split(letter.recipient.rpartition("@")[0])[1],
        list_id=letter.row.id if letter.row else None,
        domain_id=letter.domain_id,
        site_listmaster=context.settings.site.listmaster,
    )


def _nobody(item: Item, letter: Letter, context: StageContext) -> Done:
    nobody = Text(NOBODY, address=letter.recipient)
    return reports.refuse(
        context.conn,
        item,
        Refuse(enhanced="5.2.4", reason=nobody),
        head=letter.draft.headers,
        list_address=letter.recipient,
        settings=context.settings,
    )


def _forward(
    item: Item, letter: Letter, people: list[str], context: StageContext
) -> Done:
    domain = letter.recipient.rpartition("@")[2]
    headers = letter.draft.headers
    changed = headers.copy()
    changed.add("X-Loop", letter.recipient)
    # RFC 5322 §3.6.2: who transmitted it.  Nobody reads that address: what programs
    # answer to it ends there.
    changed.replace("Sender", f"sympa-request@{domain}")
    changed.remove("Resent-Sender")
    protection = protecting.decide_forward(
        context.ask,
        letter.recipient,
        letter.settings,
        headers=headers,
        author=letter.author,
    )
    if protection is not None:
        munge.rewrite(changed, protection)
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
            treatment=Treatment(
                sign=domain if "any" in letter.settings.dkim_apply_on else ""
            ),
        ),
        plain=to_people(people),
        rules=context.settings.packets,
    )
    why = f", From rewritten: {protection.reason}" if protection else ""
    return Done(note=f"forwarded to {len(people)}{why}", emit=sent.items)


STAGE = RoomStage(
    name="forward",
    about="Sends mail for owners, moderators and listmasters on to them.",
    handle=handle,
)
