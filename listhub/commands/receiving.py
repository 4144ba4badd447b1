"""SET: how the sender gets a list's posts, whether others see them, and pauses."""

from listhub import clock
from listhub.commands import words
from listhub.commands.arguments import LIST_OR_ALL
from listhub.commands.command import Argument, Command, Line
from listhub.commands.context import Context
from listhub.commands.perform import on_each
from listhub.commands.reply import Refused, Reply
from listhub.i18n.text import N_, Text
from listhub.lists import options
from listhub.lists.posting import ListRow

DONE = N_("Your options on %(list)s: %(word)s.")
AS_BEFORE = N_("Your options on %(list)s were %(word)s already.")
NOT_A_MEMBER = N_("You are not a member of %(list)s.")
NOT_SO = N_("%(list)s does not send posts as %(word)s; choose among %(choices)s.")
NOWHERE = N_("You are a member of no list of %(domain)s.")

_OPTION = Argument(
    name="OPTION",
    pattern=words.OPTION,
    words=N_("an option: a way to get posts, CONCEAL, NOCONCEAL, SUSPEND or RESUME"),
    rest=True,
)


def run(line: Line, context: Context) -> Reply:
    """Change the sender's options on one list, or on all of the domain."""
    if line.get("LIST") != "*":
        return _on_list(line, context, context.list_row(line.get("LIST")))
    found = options.of_person(context.conn, context.sender, domain_id=context.domain_id)
    if not found:
        raise Refused(NOWHERE, domain=context.domain)
    return on_each(
        [each.list_address for each in found],
        context,
        lambda row: _on_list(line, context, row),
    )


def _on_list(line: Line, context: Context, row: ListRow) -> Reply:
    settings = context.list_settings(row)
    if options.find(context.conn, row.id, context.sender) is None:
        raise Refused(NOT_A_MEMBER, list=row.address)
    wanted = words.read(line.get("OPTION"), timezone=settings.timezone, now=clock.now())
    choices = options.allowed(settings)
    if wanted.reception is not None and wanted.reception not in choices:
        raise Refused(
            NOT_SO,
            list=row.address,
            word=line.get("OPTION").upper(),
            choices=", ".join(words.RECEPTIONS[each][0] for each in choices),
        )
    changed = options.change(
        context.conn,
        row,
        context.sender,
        wanted,
        settings=settings,
        actor=context.sender,
        how=context.how,
    )
    text = DONE if changed else AS_BEFORE
    return Reply(text=Text(text, list=row.address, word=line.get("OPTION").upper()))


SET = Command(
    name="SET",
    about="Changes how you get a list's posts, or those of all your lists.",
    right="yourself, on lists that you are a member of",
    arguments=(LIST_OR_ALL, _OPTION),
    run=run,
)
