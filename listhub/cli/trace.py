"""`listhub trace`: where is my message?"""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from listhub import clock
from listhub.cli.ages import Age
from listhub.cli.context import Context, json_option, pass_context
from listhub.delivery import fate
from listhub.delivery.fate import Answer, Copy
from listhub.errors import PermanentError
from listhub.lists import catalogue, story
from listhub.lists.story import Sending, Story

if TYPE_CHECKING:
    import psycopg

#: More posts of one Message-ID than this are not told at once.
_MOST_STORIES = 20

_COLUMNS = ("at", "list", "post", "message-id", "state", "answer")


@click.command(short_help="Tell the life of a message, or what an address got.")
@click.argument("what", metavar="MESSAGE-ID|ITEM|ADDRESS")
@click.option("--list", "address", metavar="ADDRESS", help="In this list only.")
@click.option(
    "--since",
    type=Age(),
    default=timedelta(days=7),
    metavar="AGE",
    help="For an address: messages of the last 2h, 1d; 7 days unless told.",
)
@click.option(
    "--limit",
    type=click.IntRange(0, 100_000),
    default=20,
    show_default=True,
    help="How many recipients to name that did not get it.",
)
@json_option
@pass_context
def trace(
    context: Context, *, what: str, address: str | None, since: timedelta, limit: int
) -> None:
    """Tell the life of a message from its arrival to each recipient's answer.

    MESSAGE-ID with or without <>; a number is a spool item's; a trace, which logs
    and replies name, is taken too.  An ADDRESS that is no Message-ID is somebody's:
    then the answers for that recipient are told, the newest message first.
    """
    with context.connection() as conn:
        list_id = catalogue.find_list(conn, address).id if address else None
        traces = _traces(conn, what)
        if traces:
            stories = story.tell(
                conn, traces[:_MOST_STORIES], list_id=list_id, exceptions=limit
            )
            copies: list[Copy] = []
        else:
            stories = []
            copies = _copies(conn, what, since=since, list_id=list_id)
    if not stories and not copies:
        raise PermanentError(_unknown(what, address))
    if context.as_json:
        context.document(stories or copies)
    elif stories:
        _tell(context, stories)
    else:
        _tell_copies(context, copies)


def _traces(conn: "psycopg.Connection[Any]", what: str) -> Sequence[uuid.UUID]:
    """Return the traces that `what` names; none if it names none."""
    if what.isascii() and what.isdecimal() and len(what) < 19:
        found = story.trace_of_item(conn, int(what))
        return [found] if found else []
    try:
        return [uuid.UUID(what)]
    except ValueError:
        return story.traces_of_message(conn, what)


def _copies(
    conn: "psycopg.Connection[Any]",
    what: str,
    *,
    since: timedelta,
    list_id: int | None,
) -> list[Copy]:
    if "@" not in what or "<" in what:
        return []
    return fate.copies(conn, what, since=clock.now() - since, list_id=list_id)


def _unknown(what: str, address: str | None) -> str:
    where = f" in {address}" if address else ""
    return (
        f"Nothing is known of {what!r}{where}: it never came, or what is known was"
        " kept for its time and is gone."
    )


def _tell(context: Context, stories: Sequence[Story]) -> None:
    for n, one in enumerate(stories):
        if n:
            context.text("")
        to = f" to {one.list}" if one.list else ""
        context.text(f"<{one.message_id}>{to} (trace {one.trace}; times are UTC)")
        width = max((len(line.host) for line in one.lines), default=0)
        day = ""
        for line in one.lines:
            if f"{line.at:%Y-%m-%d}" != day:
                day = f"{line.at:%Y-%m-%d}"
                context.text(day)
            context.text(f"  {line.at:%H:%M:%S}  {line.host:<{width}}  {line.text}")
        for sending in one.sendings:
            _tell_exceptions(context, sending)
        if one.waiting:
            waits = story.count(one.waiting, "item")
            context.text(f"Not finished: {waits} of it in the spool.")


def _tell_exceptions(context: Context, sending: Sending) -> None:
    named = sending.fate.exceptions
    for answer in named:
        context.text(f"    {answer.state:<9} {answer.address}: {_answer(answer)}")
    without = sum(
        count.recipients for count in sending.fate.counts if count.state != "delivered"
    )
    if without > len(named):
        context.text(f"    … and {without - len(named):,} more; --limit names more.")


def _answer(answer: Answer) -> str:
    code = " ".join(
        part for part in (str(answer.code or ""), answer.enhanced, answer.reply) if part
    )
    where = f" ({answer.relay})" if answer.relay else ""
    return f"{code}{where}, attempt {answer.attempt}"


def _tell_copies(context: Context, copies: Sequence[Copy]) -> None:
    rows: list[tuple[object, ...]] = []
    for copy in copies:
        about = (copy.list, copy.sequence, copy.message_id)
        if not copy.answers:
            rows.append((copy.created_at, *about, "not tried yet", ""))
        rows += [
            (answer.at, *about, answer.state, _answer(answer))
            for answer in copy.answers
        ]
    context.table(rows, _COLUMNS)
