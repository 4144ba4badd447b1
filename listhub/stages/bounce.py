"""Bounce: reports of non-delivery and complaints become events of the right subscriber.

Whose copy came back says the address that the report was sent to (our signed VERP
token, or Sympa's form for mail still on its way after a change-over), then what comes
back with the report; what happened says the report itself.  Answers of machines count
for nothing.  Events are only ever added; a report counts once.

What follows for the member is for another room, `bouncers`: here nothing is locked, so
a flood is worked on in batches by any number of workers.
"""

from listhub.config.reading import derived_key
from listhub.lists.bouncing import events
from listhub.lists.bouncing.events import Event, Member
from listhub.mail import one_click
from listhub.mail.bounce.recognise import recognise, unread
from listhub.mail.bounce.report import Recognised, Reported
from listhub.mail.likeness import likeness
from listhub.spool import bodies
from listhub.spool.items import Bury, Done, Item, NewItem, Verdict
from listhub.stages.bouncers import BOUNCERS
from listhub.stages.stage import RoomStage, StageContext

#: What is worth an event; that a copy arrived is not.
_BAD = ("failed", "delayed")


def handle(item: Item, context: StageContext) -> Verdict:
    """Record what a report or complaint says of each member that is known here."""
    if item.body_id is None or not item.recipient:
        return Bury(reason="A bounce item needs a body and a recipient.")
    raw = bodies.load(context.conn, item.body_id)
    found = recognise(raw)
    if found.kind == "complaint":
        return _complaint(item, found, context)
    member = events.by_reverse_path(
        context.conn, item.recipient, verp_key=context.host.verp_key
    )
    recorded = [
        _event(item, who, what)
        for who, what in _bounced(item, raw, found, member, context)
    ]
    if not recorded:
        return Done(verdict="dropped", note=f"{found.kind}: {found.reason}")
    written = events.record(context.conn, recorded)
    return Done(
        note=f"{written.new} of {len(recorded)} events were new",
        emit=(_follow_up(item, recorded),) if written.answers_probe else (),
    )


def _bounced(
    item: Item,
    raw: bytes,
    found: Recognised,
    member: Member | None,
    context: StageContext,
) -> list[tuple[Member, Reported]]:
    """Return who is told about in a report, and what; nobody for other mail."""
    if found.kind == "none" and member is not None and not item.reverse_path:
        # Nobody but a mail system sends from nowhere to the address of one copy; what
        # machines answer by themselves is of another kind.
        return [(member, unread(raw))]
    if found.kind != "dsn":
        return []
    reported = [one for one in found.recipients if one.action in _BAD]
    if member is not None:
        # One copy, one member: the first block is about it, whatever address the next
        # hops have made of it.
        return [(member, one) for one in reported[:1]]
    if events.is_reverse_path(item.recipient or "", verp_key=context.host.verp_key):
        return []  # a copy of somebody who is no member any more
    if member := _of_original(found, context):
        return [(member, one) for one in reported[:1]]
    known = (
        (events.by_list(context.conn, one.address, list_id=item.list_id), one)
        for one in reported
    )
    return [(who, what) for who, what in known if who is not None]


def _of_original(found: Recognised, context: StageContext) -> Member | None:
    """Return the member whose token is in the mail that came back."""
    for path in found.original.reverse_paths:
        member = events.by_reverse_path(
            context.conn, path, verp_key=context.host.verp_key
        )
        if member is not None and member.proof == "token":
            return member
    tokens = found.original.one_click
    keys = [derived_key(context.settings, one_click.PURPOSE)] if tokens else []
    return events.by_one_click(context.conn, tokens, keys=keys)


def _complaint(item: Item, found: Recognised, context: StageContext) -> Verdict:
    """Record a complaint; the member is never looked for by what it says of addresses.

    Such are often made unreadable, and anybody could name anybody (RFC 6590).
    """
    if found.feedback is None or not found.feedback.wants_out:
        return Done(verdict="dropped", note=f"complaint: {found.reason}")
    member = events.by_reverse_path(
        context.conn, item.recipient or "", verp_key=context.host.verp_key
    )
    if member is None or member.proof != "token":
        member = _of_original(found, context) or member
    if member is None:
        return Done(verdict="dropped", note="a complaint that bears no token of ours")
    what = Reported(address="", action="failed", detector=found.reason[:100])
    event = _event(item, member, what, complaint=True)
    written = events.record(context.conn, [event])
    if not written.new or member.proof != "token":
        return Done(note="a complaint, recorded")
    act = NewItem(
        stage=BOUNCERS,
        trace=item.trace,
        list_id=member.list_id,
        ref=member.subscription_id,
        meta={"do": "complaint"},
    )
    return Done(note="a complaint", emit=(act,))


def _follow_up(item: Item, recorded: list[Event]) -> NewItem:
    """Have a list looked at at once: a probe of it has come back."""
    return NewItem(
        stage=BOUNCERS,
        trace=item.trace,
        list_id=recorded[0].list_id,
        meta={"do": "evaluate"},
    )


def _event(
    item: Item, member: Member, one: Reported, *, complaint: bool = False
) -> Event:
    return Event(
        list_id=member.list_id,
        subscription_id=member.subscription_id,
        address=member.address,
        outgoing_id=member.outgoing_id,
        source="dsn",
        source_id=item.id,
        action="complaint" if complaint else one.action or "failed",
        status=one.status,
        diagnostic=one.diagnostic,
        body_id=item.body_id,
        trace=item.trace,
        kind="complaint" if complaint else "bounce",
        trouble=one.failure_class,
        detector=one.detector,
        proof=member.proof,
        alike="" if complaint else likeness(one.diagnostic, trouble=one.failure_class),
    )


STAGE = RoomStage(
    name="bounce",
    about="Records reports of non-delivery as events of the right subscriber.",
    handle=handle,
    together=True,
)
