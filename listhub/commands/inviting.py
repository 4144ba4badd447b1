"""INVITE and REMIND: mail to people about a list, on a member's or owner's word."""

from listhub.commands.arguments import ADDRESS, LIST, LIST_OR_ALL, NAME
from listhub.commands.command import Command, Line
from listhub.commands.context import Context
from listhub.commands.judging import Question, decide, judged, refusal
from listhub.commands.membership import address_of
from listhub.commands.reply import Reply
from listhub.commands.words import word_for
from listhub.i18n.text import N_, Text
from listhub.lists import greetings, options, posting
from listhub.lists.greetings import Desk
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow
from listhub.policy.decision import Decision
from listhub.spool.items import NewItem

INVITED = N_("%(person)s has been invited to %(list)s.")
REMINDED = N_("The members of %(list)s are being reminded.")
ALL_REMINDED = N_("The members of all lists of %(domain)s are being reminded.")

#: Members who are reminded in one transaction.
AT_ONCE = 100

_NEXT = """
SELECT person.address_key, person.address, subscription.created_at, reception, own_posts
  FROM subscription JOIN person ON person.id = subscription.person_id
 WHERE subscription.list_id = %s AND person.address_key COLLATE "C" > %s
 ORDER BY person.address_key COLLATE "C" LIMIT %s
"""
_OPEN_LISTS = """
SELECT id FROM mailing_list WHERE domain_id = %s AND status = 'open'
 ORDER BY address
"""


def invite(line: Line, context: Context) -> Reply:
    """Invite somebody; who is a member already hears nothing, and the sender neither."""
    row = context.list_row(line.get("LIST"))
    settings = context.list_settings(row)
    person = address_of(line.get("ADDRESS"))

    def do(_decision: Decision) -> Reply:
        if refused := _unwanted(row, settings, person, context):
            return refused
        items: tuple[NewItem, ...] = ()
        if options.find(context.conn, row.id, person) is None:
            items = greetings.invitation(context.desk, row, person, by=context.sender)
        text = Text(INVITED, person=person, list=row.address)
        return Reply(text=text, items=items)

    asked = Question(
        operation="invite",
        scenario=settings.invite,
        row=row,
        settings=settings,
        person=person,
        kind="invite",
        command=f"INVITE {row.name} {person}",
        detail={"name": line.get("NAME")},
    )
    return judged(asked, line, context, do)


def _unwanted(
    row: ListRow, settings: ListSettings, person: str, context: Context
) -> Reply | None:
    """Return the refusal of whom the list would not take, even if they confirm it."""
    asked = Question(
        operation="subscribe",
        scenario=settings.subscribe,
        row=row,
        settings=settings,
        person=person,
    )
    known = context.known_as(person)
    decision = decide(asked, known)
    return refusal(decision, asked, known) if decision.action == "reject" else None


def remind(line: Line, context: Context) -> Reply:
    """Remind the members of a list, or of all lists, how they are subscribed."""
    if line.get("LIST") == "*":
        return _remind_all(line, context)
    row = context.list_row(line.get("LIST"))
    settings = context.list_settings(row)

    def do(_decision: Decision) -> Reply:
        items = (_first(row, context),)
        return Reply(text=Text(REMINDED, list=row.address), items=items)

    asked = Question(
        operation="remind",
        scenario=settings.remind,
        row=row,
        settings=settings,
        kind="remind",
        command=f"REMIND {row.name}",
    )
    return judged(asked, line, context, do)


def _remind_all(line: Line, context: Context) -> Reply:
    """Ask once for all lists of the domain: one question, and one key to confirm it."""

    def do(_decision: Decision) -> Reply:
        found = context.conn.execute(_OPEN_LISTS, [context.domain_id]).fetchall()
        rows = [posting.find_list(context.conn, list_id) for (list_id,) in found]
        return Reply(
            text=Text(ALL_REMINDED, domain=context.domain),
            items=tuple(_first(row, context) for row in rows if row),
        )

    asked = Question(
        operation="global_remind",
        scenario="listmaster",
        settings=ListSettings(),
        kind="remind",
        command="REMIND *",
    )
    return judged(asked, line, context, do)


def _first(row: ListRow, context: Context) -> NewItem:
    """Return the item that reminds the first members, and goes on from there."""
    return NewItem(
        stage="command",
        trace=context.trace,
        list_id=row.id,
        recipient=row.address,
        meta={"remind": ""},
    )


def remind_some(
    desk: Desk, row: ListRow, *, after: str
) -> tuple[int, tuple[NewItem, ...]]:
    """Remind the next members in the order of their keys; return how many, and items.

    The last item goes on with those after them: no transaction writes thousands.
    """
    found = desk.conn.execute(_NEXT, [row.id, after, AT_ONCE]).fetchall()
    items: list[NewItem] = []
    for _, address, since, reception, own_posts in found:
        word = word_for(reception, own_posts=own_posts)
        items += greetings.reminder(desk, row, address, since=since, word=word)
    if len(found) == AT_ONCE:
        items.append(
            NewItem(
                stage="command",
                trace=desk.trace,
                list_id=row.id,
                recipient=row.address,
                meta={"remind": found[-1][0]},
            )
        )
    return len(found), tuple(items)


INVITE = Command(
    name="INVITE",
    about="Invites somebody to become a member of a list.",
    right="the scenario `invite`",
    synonyms=("INV",),
    arguments=(LIST, ADDRESS, NAME),
    results=("do_it", "request_auth", "reject"),
    run=invite,
)
REMIND = Command(
    name="REMIND",
    about="Reminds all members how they are subscribed to a list, or to all lists.",
    right="the scenario `remind`; `global_remind` for all lists",
    synonyms=("REM",),
    arguments=(LIST_OR_ALL,),
    results=("do_it", "request_auth", "reject"),
    run=remind,
)
