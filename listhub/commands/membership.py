"""SUBSCRIBE, SIGNOFF, ADD, DEL: who comes and who goes."""

from listhub.commands.arguments import ADDRESS, LIST, LIST_OR_ALL, MAYBE_ADDRESS, NAME
from listhub.commands.command import Command, Line
from listhub.commands.context import Context
from listhub.commands.judging import Question, judged
from listhub.commands.perform import on_each
from listhub.commands.reply import Refused, Reply
from listhub.i18n.text import N_, Text
from listhub.lists import greetings, options, subscribing
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow
from listhub.lists.subscribing import Newcomer
from listhub.mail.address import key, parse_addr_spec
from listhub.policy.decision import Decision
from listhub.spool.items import NewItem

SUBSCRIBED = N_("You are now a member of %(list)s.")
ALREADY = N_("You are a member of %(list)s already.")
SIGNED_OFF = N_("You are no longer a member of %(list)s.")
OTHER_SIGNED_OFF = N_("%(person)s is no longer a member of %(list)s.")
NOT_A_MEMBER = N_("You are not a member of %(list)s.")
ADDED = N_("%(person)s is now a member of %(list)s.")
OTHER_ALREADY = N_("%(person)s is a member of %(list)s already.")
REMOVED = N_("%(person)s has been removed from %(list)s.")
OTHER_NOT_A_MEMBER = N_("%(person)s is not a member of %(list)s.")
NOWHERE = N_("You are a member of no list of %(domain)s.")
NO_ADDRESS = N_("“%(address)s” is not an e-mail address.")


def subscribe(line: Line, context: Context) -> Reply:
    """Make the sender a member."""
    row = context.list_row(line.get("LIST"))
    settings = context.list_settings(row)
    name = line.get("NAME") or context.sender_name

    def do(decision: Decision) -> Reply:
        if not _join(
            row, settings, Newcomer(address=context.sender, name=name), context
        ):
            return Reply(text=Text(ALREADY, list=row.address))
        items = greetings.joined(
            context.desk,
            row,
            context.sender,
            quiet=decision.quiet,
            tell_owners=decision.notify,
        )
        return Reply(text=Text(SUBSCRIBED, list=row.address), items=items)

    if subscribing.is_member(context.conn, row.id, context.sender):
        # Only the owner of the address may be told so: anybody can write its From.
        return Reply(text=Text(ALREADY, list=row.address))
    asked = Question(
        operation="subscribe",
        scenario=settings.subscribe,
        row=row,
        settings=settings,
        person=context.sender,
        kind="subscribe",
        command=" ".join(filter(None, ("SUBSCRIBE", row.name, line.get("NAME")))),
        detail={"name": name},
    )
    return judged(asked, line, context, do)


def sign_off(line: Line, context: Context) -> Reply:
    """End the membership of the sender, or of another person who confirms it."""
    if line.get("LIST") == "*":
        return _sign_off_all(line, context)
    return _sign_off(
        line,
        context,
        context.list_row(line.get("LIST")),
        address_of(line.get("ADDRESS")) if line.get("ADDRESS") else context.sender,
    )


def _sign_off(line: Line, context: Context, row: ListRow, person: str) -> Reply:
    settings = context.list_settings(row)
    own = key(person) == key(context.sender)
    member = subscribing.is_member(context.conn, row.id, person)
    if own and not member:
        raise Refused(NOT_A_MEMBER, list=row.address)

    def do(decision: Decision) -> Reply:
        items = _leave(row, person, context, decision, quiet=decision.quiet)
        return Reply(text=_signed_off(row, person, own=own), items=items or ())

    def vain() -> Reply:
        items = greetings.vain(
            context.desk, row, person, action="signoff", by=context.sender
        )
        return Reply(text=_signed_off(row, person, own=own), items=items)

    asked = Question(
        operation="unsubscribe",
        scenario=settings.unsubscribe,
        row=row,
        settings=settings,
        person=person,
        kind="signoff",
        command=f"SIGNOFF {row.name} {person}",
    )
    return judged(asked, line, context, do, vain=None if member else vain)


def _signed_off(row: ListRow, person: str, *, own: bool) -> Text:
    if own:
        return Text(SIGNED_OFF, list=row.address)
    return Text(OTHER_SIGNED_OFF, list=row.address, person=person)


def _sign_off_all(line: Line, context: Context) -> Reply:
    found = options.of_person(context.conn, context.sender, domain_id=context.domain_id)
    if not found:
        raise Refused(NOWHERE, domain=context.domain)
    return on_each(
        [each.list_address for each in found],
        context,
        lambda row: _sign_off(line, context, row, context.sender),
    )


def add(line: Line, context: Context) -> Reply:
    """Make somebody else a member, as an owner does."""
    row = context.list_row(line.get("LIST"))
    settings = context.list_settings(row)
    person, name = address_of(line.get("ADDRESS")), line.get("NAME")

    def do(decision: Decision) -> Reply:
        if not _join(row, settings, Newcomer(address=person, name=name), context):
            raise Refused(OTHER_ALREADY, person=person, list=row.address)
        items = greetings.joined(
            context.desk,
            row,
            person,
            by=context.sender,
            quiet=decision.quiet or line.quiet,
            tell_owners=decision.notify,
        )
        return Reply(text=Text(ADDED, person=person, list=row.address), items=items)

    asked = Question(
        operation="add",
        scenario=settings.add,
        row=row,
        settings=settings,
        person=person,
        kind="add",
        command=" ".join(filter(None, ("ADD", row.name, person, name))),
        detail={"name": name},
    )
    return judged(asked, line, context, do)


def delete(line: Line, context: Context) -> Reply:
    """End somebody else's membership, as an owner does."""
    row = context.list_row(line.get("LIST"))
    settings = context.list_settings(row)
    person = address_of(line.get("ADDRESS"))

    def do(decision: Decision) -> Reply:
        quiet = decision.quiet or line.quiet
        items = _leave(row, person, context, decision, quiet=quiet)
        if items is None:
            raise Refused(OTHER_NOT_A_MEMBER, person=person, list=row.address)
        return Reply(text=Text(REMOVED, person=person, list=row.address), items=items)

    asked = Question(
        operation="del",
        scenario=settings.delete,
        row=row,
        settings=settings,
        person=person,
        kind="del",
        command=f"DEL {row.name} {person}",
    )
    return judged(asked, line, context, do)


def _join(
    row: ListRow, settings: ListSettings, newcomer: Newcomer, context: Context
) -> bool:
    """Make somebody a member; False if they were one, and nobody is greeted twice."""
    return subscribing.subscribe(
        context.conn,
        row,
        newcomer,
        settings=settings,
        actor=context.sender,
        how=context.how,
    )


def _leave(
    row: ListRow, person: str, context: Context, decision: Decision, *, quiet: bool
) -> tuple[NewItem, ...] | None:
    """End a membership and say good-bye; None if there is none (any more)."""
    gone = subscribing.sign_off(
        context.conn, row, person, actor=context.sender, how=context.how
    )
    if gone is None:
        return None
    return greetings.left(
        context.desk,
        row,
        gone.address,
        by=context.sender,
        quiet=quiet,
        tell_owners=decision.notify,
    )


def address_of(written: str) -> str:
    """Return an address as it was written, without < and >; Refused if it is none."""
    found = parse_addr_spec(written.strip("<>"))
    if found is None:
        raise Refused(NO_ADDRESS, address=written)
    return found.text


SUBSCRIBE = Command(
    name="SUBSCRIBE",
    about="Makes you a member of a list.",
    right="the scenario `subscribe`",
    synonyms=("SUB",),
    arguments=(LIST, NAME),
    results=("do_it", "owner", "request_auth", "reject"),
    run=subscribe,
)
SIGNOFF = Command(
    name="SIGNOFF",
    about="Ends your membership of a list, or of all lists of the domain with *.",
    right="the scenario `unsubscribe`",
    synonyms=("SIG", "UNS", "UNSUB", "UNSUBSCRIBE"),
    arguments=(LIST_OR_ALL, MAYBE_ADDRESS),
    results=("do_it", "owner", "request_auth", "reject"),
    run=sign_off,
)
ADD = Command(
    name="ADD",
    about="Makes somebody else a member of a list.",
    right="the scenario `add`",
    arguments=(LIST, ADDRESS, NAME),
    results=("do_it", "owner", "request_auth", "reject"),
    run=add,
)
DEL = Command(
    name="DEL",
    about="Ends somebody else's membership of a list.",
    right="the scenario `del`",
    synonyms=("DELETE",),
    arguments=(LIST, ADDRESS),
    results=("do_it", "owner", "request_auth", "reject"),
    run=delete,
)
