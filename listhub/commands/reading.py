"""Commands that only tell: HELP, LISTS, INFO, WHICH, REVIEW, STATS, VERIFY."""

from typing import Any

from listhub.commands import judging
from listhub.commands.arguments import LIST
from listhub.commands.command import Command, Line
from listhub.commands.context import Context
from listhub.commands.judging import ListQuestion
from listhub.commands.reply import Part, Reply
from listhub.commands.words import word_for
from listhub.lists import options
from listhub.lists.notices import command_replies as replies
from listhub.lists.notices.notice import Nothing, Notice, Size
from listhub.lists.posting import ListRow
from listhub.lists.visible import Visitor, visible
from listhub.mail.address import key
from listhub.outside import origin

#: Members whom one answer names; of a larger list, a file is what owners want.
MOST_MEMBERS = 10_000

_HELD = """
SELECT list.address, role.kind FROM role
  JOIN person ON person.id = role.person_id
  JOIN mailing_list AS list ON list.id = role.list_id
 WHERE person.address_key = %s AND list.domain_id = %s AND list.status = 'open'
 ORDER BY list.address
"""
_OWNERS = """
SELECT person.address FROM role JOIN person ON person.id = role.person_id
 WHERE role.list_id = %s AND role.kind = 'owner' AND NOT role.concealed
 ORDER BY person.address_key
"""
_MEMBERS = """
SELECT person.address, person.display_name, concealed
  FROM subscription JOIN person ON person.id = subscription.person_id
 WHERE subscription.list_id = %s
 ORDER BY split_part(person.address_key, '@', 2), person.address_key
 LIMIT %s
"""
_IN_CHARGE = """
SELECT EXISTS (
    SELECT FROM role JOIN person ON person.id = role.person_id
     WHERE person.address_key = %(key)s
       AND (role.list_id = %(list_id)s
            OR role.kind = 'listmaster'
           AND (role.domain_id = %(domain_id)s OR role.domain_id IS NULL)))
"""
_COUNT = "SELECT count(*) FROM subscription WHERE list_id = %s"
_STATS = """
SELECT list.sequence,
       (SELECT coalesce(sum(recipients), 0) FROM outgoing
         WHERE outgoing.list_id = list.id AND outgoing.sequence IS NOT NULL),
       (SELECT coalesce(sum(body.size), 0) FROM archive_message
          JOIN body ON body.id = archive_message.body_id
         WHERE archive_message.list_id = list.id),
       (SELECT coalesce(sum((length(head) + coalesce(body.size, 0)) * recipients), 0)
          FROM outgoing LEFT JOIN body ON body.id = outgoing.body_id
         WHERE outgoing.list_id = list.id AND outgoing.sequence IS NOT NULL)
  FROM mailing_list AS list WHERE list.id = %s
"""


def help_(_line: Line, context: Context) -> Reply:
    """Tell which commands there are."""
    return Reply(
        text=Part(notice=replies.HELP, values=Nothing(), place=context.place())
    )


def lists(_line: Line, context: Context) -> Reply:
    """Tell the lists of the domain that the sender may see."""
    seen = visible(
        context.conn,
        context.ask,
        Visitor(sender=context.sender, auth=context.auth),
        domain_id=context.domain_id,
        settings=context.settings,
    )
    found = [
        replies.ListLine(address=row.address, about=settings.subject)
        for row, settings in seen
    ]
    values = replies.Lists(lists=tuple(found))
    return Reply(text=Part(notice=replies.LISTS, values=values, place=context.place()))


def info(line: Line, context: Context) -> Reply:
    """Tell what a list is about."""
    asked = _question(line, context, operation="info")

    def tell(_decision: object) -> Reply:
        conn, row = context.conn, asked.row
        values = replies.Info(
            members=_count(context, row),
            owners_named=tuple(a for (a,) in conn.execute(_OWNERS, [row.id])),
            words=asked.settings.subject,
        )
        return _part(replies.INFO, values, asked, context)

    return judging.judged(asked, line, context, tell)


def review(line: Line, context: Context) -> Reply:
    """Tell the members of a list; hidden ones only to those in charge."""
    asked = _question(line, context, operation="review")

    def tell(_decision: object) -> Reply:
        rows = context.conn.execute(_MEMBERS, [asked.row.id, MOST_MEMBERS]).fetchall()
        all_of_them = in_charge(context, asked.row)
        shown = [
            f"{name} <{address}>" if name else address
            for address, name, concealed in rows
            if all_of_them or not concealed
        ]
        count = _count(context, asked.row)
        values = replies.Members(members=tuple(shown), hidden=count - len(shown))
        return _part(replies.REVIEW, values, asked, context)

    return judging.judged(asked, line, context, tell)


def stats(line: Line, context: Context) -> Reply:
    """Tell what went through a list."""
    asked = _question(line, context, operation="review")

    def tell(_decision: object) -> Reply:
        found = context.conn.execute(_STATS, [asked.row.id]).fetchone() or (0, 0, 0, 0)
        values = replies.Stats(
            posts=int(found[0]),
            copies=int(found[1]),
            received=Size(found[2]),
            sent=Size(found[3]),
        )
        return _part(replies.STATS, values, asked, context)

    return judging.judged(asked, line, context, tell)


def which(_line: Line, context: Context) -> Reply:
    """Tell the sender, and nobody else, where they are a member, owner or moderator."""
    member_of = tuple(
        replies.Subscription(
            address=each.list_address,
            reception=word_for(each.reception, own_posts=each.own_posts),
            concealed=each.concealed,
            suspended=each.suspended_at is not None,
        )
        for each in options.of_person(
            context.conn, context.sender, domain_id=context.domain_id
        )
    )
    held = context.conn.execute(
        _HELD, [key(context.sender), context.domain_id]
    ).fetchall()
    values = replies.Which(
        person=context.sender,
        member_of=member_of,
        owner_of=tuple(address for address, kind in held if kind == "owner"),
        moderator_of=tuple(address for address, kind in held if kind == "moderator"),
    )
    return Reply(text=Part(notice=replies.WHICH, values=values, place=context.place()))


def verify(_line: Line, context: Context) -> Reply:
    """Tell how far the sender is known by this mail."""
    signers: tuple[str, ...] = ()
    if context.message is not None:
        raw = context.message.to_bytes()
        signers = origin.authenticate(raw, context.ask, context.settings).dkim
    values = replies.Proof(
        sender=context.sender,
        method=context.auth,
        signatures=tuple(f"DKIM {signer}" for signer in signers),
    )
    return Reply(text=Part(notice=replies.VERIFY, values=values, place=context.place()))


def in_charge(context: Context, row: ListRow) -> bool:
    """Say whether the sender is an owner, a moderator or a listmaster."""
    wanted = {
        "key": key(context.sender),
        "list_id": row.id,
        "domain_id": row.domain_id,
    }
    found = context.conn.execute(_IN_CHARGE, wanted).fetchone()
    return bool(found and found[0])


def _question(line: Line, context: Context, *, operation: str) -> ListQuestion:
    row = context.list_row(line.get("LIST"))
    settings = context.list_settings(row)
    return ListQuestion(
        operation=operation,
        scenario=getattr(settings, operation),
        row=row,
        settings=settings,
        command=f"{line.command.name} {row.name}",
    )


def _part(
    notice: Notice[Any], values: object, asked: ListQuestion, context: Context
) -> Reply:
    place = context.place(asked.row, asked.settings)
    return Reply(text=Part(notice=notice, values=values, place=place))


def _count(context: Context, row: ListRow) -> int:
    found = context.conn.execute(_COUNT, [row.id]).fetchone()
    return int(found[0]) if found else 0


HELP = Command(
    name="HELP",
    about="Tells which commands there are.",
    right="everybody",
    synonyms=("HEL", "SOS"),
    run=help_,
)
LISTS = Command(
    name="LISTS",
    about="Tells which lists there are.",
    right="the scenario `visibility` of each list",
    synonyms=("LIS", "LIST"),
    results=("do_it", "reject"),
    run=lists,
)
INFO = Command(
    name="INFO",
    about="Tells what a list is about.",
    right="the scenario `info`",
    synonyms=("INF",),
    arguments=(LIST,),
    results=("do_it", "reject"),
    run=info,
)
WHICH = Command(
    name="WHICH",
    about="Tells which lists you are on, and how.",
    right="yourself",
    synonyms=("WHI", "STATUS"),
    run=which,
)
REVIEW = Command(
    name="REVIEW",
    about="Tells the members of a list.",
    right="the scenario `review`; hidden members are told to those in charge",
    synonyms=("REV", "WHO"),
    arguments=(LIST,),
    results=("do_it", "request_auth", "reject"),
    run=review,
)
STATS = Command(
    name="STATS",
    about="Tells how much went through a list.",
    right="the scenario `review`",
    synonyms=("STA",),
    arguments=(LIST,),
    results=("do_it", "request_auth", "reject"),
    run=stats,
)
VERIFY = Command(
    name="VERIFY",
    about="Tells whether your mail is signed in a way that is known here.",
    right="everybody",
    synonyms=("VER",),
    arguments=(LIST,),
    run=verify,
)
