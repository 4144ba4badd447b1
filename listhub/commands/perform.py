"""Do the commands of one mail, in their order, and make their replies one report.

All of them are one transaction, each in a savepoint: one that fails takes nothing back
of the others.  What the outside has to be asked first (`Unanswered`) breaks all of it
off, and the whole mail is done anew.
"""

from collections.abc import Callable, Iterable

from listhub import log
from listhub.commands.command import Line
from listhub.commands.context import Context
from listhub.commands.parse import Misread
from listhub.commands.reply import Part, Refused, Reply, joined
from listhub.errors import PermanentError, TemporaryError
from listhub.i18n.text import N_, Text
from listhub.lists.notices.command_replies import Result
from listhub.lists.notices.words import write
from listhub.lists.posting import ListRow
from listhub.lists.said import sentence_of
from listhub.spool.items import NewItem

NOT_NOW = N_("%(list)s cannot be used at the moment; try again later.")

_log = log.get(__name__)


def perform(
    lines: Iterable[Line], context: Context
) -> tuple[list[Result], tuple[NewItem, ...]]:
    """Do commands; return what is to be reported and what is to be put.

    With QUIET only what went wrong is reported.
    """
    results: list[Result] = []
    items: list[NewItem] = []
    for line in lines:
        reply = _one(line, context)
        items += reply.items
        if reply.reported and not (line.quiet and reply.done):
            results.append(_result(line.written, reply, context))
    return results, tuple(items)


def on_each(
    addresses: Iterable[str], context: Context, do: Callable[[ListRow], Reply]
) -> Reply:
    """Do a command on several lists; one that cannot be used keeps back no other."""
    replies = []
    for address in addresses:
        try:
            with context.conn.transaction():
                replies.append(do(context.list_row(address)))
        except Refused as refused:
            replies.append(Reply(text=refused.text, done=False))
        except PermanentError as error:
            replies.append(Reply(text=sentence_of(error), done=False))
        except TemporaryError as error:
            _log.warning("list left out", list=address, reason=error.reason)
            replies.append(Reply(text=Text(NOT_NOW, list=address), done=False))
    return joined(replies)


def misread(found: Misread) -> Result:
    """Return what is reported of a line that could not be read."""
    return Result(command=found.written, text=found.reason, done=False)


def _one(line: Line, context: Context) -> Reply:
    try:
        with context.conn.transaction():
            reply = line.command.run(line, context)
    except Refused as refused:
        return Reply(text=refused.text, done=False)
    except PermanentError as error:
        _log.info("command refused", command=line.command.name, reason=error.reason)
        return Reply(text=sentence_of(error), done=False)
    _log.info("command", command=line.command.name, done=reply.done)
    return reply


def _result(written: str, reply: Reply, context: Context) -> Result:
    text: str | Text
    match reply.text:
        case Part(notice=notice, values=values, place=place):
            words = write(
                notice,
                values,
                place=place or context.place(),
                language=context.language,
            )
            text = words.text
        case Text():
            text = reply.text
        case several:
            text = "\n".join(each.into(context.language) for each in several)
    return Result(command=written, text=text, done=reply.done)
