"""DISTRIBUTE, REJECT, CONFIRM, AUTH, MODINDEX: answers to what waits, by key.

The key says who may: it was mailed to one person, for one request.
"""

from listhub.commands.arguments import COMMAND, KEY, LIST
from listhub.commands.command import Command, Line
from listhub.commands.context import Context
from listhub.commands.reply import Part, Refused, Reply
from listhub.i18n.text import N_
from listhub.lists.moderation import people, queue
from listhub.lists.moderation.answer import Answer, answer
from listhub.lists.moderation.choosing import Filter
from listhub.lists.moderation.reach import EVERYTHING
from listhub.lists.moderation.reply import Verb
from listhub.lists.moderation.request import POST
from listhub.lists.notices import command_replies as replies
from listhub.lists.notices.notice import Size

NOT_A_MODERATOR = N_("Only the moderators of %(list)s may see what waits for them.")


def distribute(line: Line, context: Context) -> Reply:
    """Let a held post go to its list."""
    return _on_list(line, context, Verb.APPROVE)


def reject(line: Line, context: Context) -> Reply:
    """Reject a held post; with QUIET its author is told nothing."""
    return _on_list(line, context, Verb.REJECT)


def _on_list(line: Line, context: Context, verb: Verb) -> Reply:
    row = context.list_row(line.get("LIST"))
    return _answer(
        Answer(
            key=line.get("KEY"),
            verb=verb,
            by=context.sender,
            quiet=line.quiet,
            action="decide",
            list_address=row.address,
        ),
        context,
    )


def confirm(line: Line, context: Context) -> Reply:
    """Confirm a post or a command of one's own.

    A command beside the key (AUTH) must be the one that waits.
    """
    given = Answer(
        key=line.get("KEY"),
        verb=Verb.CONFIRM,
        by=context.sender,
        quiet=line.quiet,
        action="confirm",
        command=line.get("COMMAND") or None,
    )
    return _answer(given, context)


def modindex(line: Line, context: Context) -> Reply:
    """Tell moderators which posts wait for them."""
    row = context.list_row(line.get("LIST"))
    editors = people.deciders(
        context.conn,
        waits_for="moderators",
        list_id=row.id,
        domain_id=row.domain_id,
        site_listmaster=context.settings.site.listmaster,
    )
    if not context.is_one_of(editors):
        raise Refused(NOT_A_MODERATOR, list=row.address)
    posts_of_list = Filter(lists=(row.id,), kinds=(POST,))
    found = queue.page(context.conn, EVERYTHING, posts_of_list).entries
    posts = tuple(
        replies.QueueLine(
            author=each.author,
            subject=each.what,
            size=Size(each.size or 0),
            received_at=each.created_at,
        )
        for each in found
    )
    place = context.place(row, context.list_settings(row))
    values = replies.QueueReply(posts=posts)
    return Reply(text=Part(notice=replies.MODINDEX, values=values, place=place))


def _answer(given: Answer, context: Context) -> Reply:
    answered = answer(context.conn, given, settings=context.settings)
    # A command that was confirmed is done by an item, whose report says what it came to.
    goes_on = any(item.stage == "command" for item in answered.items)
    return Reply(
        text=answered.sentence,
        done=answered.done,
        reported=not goes_on,
        items=tuple(answered.items),
    )


DISTRIBUTE = Command(
    name="DISTRIBUTE",
    about="Lets a post that waits for moderators go to its list.",
    right="whoever has the key",
    synonyms=("DIS",),
    arguments=(LIST, KEY),
    run=distribute,
)
REJECT = Command(
    name="REJECT",
    about="Rejects a post that waits for moderators; with QUIET, nobody is told.",
    right="whoever has the key",
    synonyms=("REJ",),
    arguments=(LIST, KEY),
    run=reject,
)
CONFIRM = Command(
    name="CONFIRM",
    about="Confirms a post or a command of yours that waits for your word.",
    right="whoever has the key",
    synonyms=("CON",),
    arguments=(KEY,),
    run=confirm,
)
AUTH = Command(
    name="AUTH",
    about="Confirms a command of yours; it stands beside the key.",
    right="whoever has the key; the command has to be the one that waits",
    arguments=(KEY, COMMAND),
    run=confirm,
)
MODINDEX = Command(
    name="MODINDEX",
    about="Tells which posts wait for the moderators of a list.",
    right="the list's moderators, or its owners where it has none",
    synonyms=("MOD", "MODIND"),
    arguments=(LIST,),
    run=modindex,
)
