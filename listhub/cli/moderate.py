"""`listhub moderate`: what waits for somebody's decision, and deciding it."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from listhub.cli import chosen
from listhub.cli.actor import actor
from listhub.cli.context import Context, clean, json_option, pass_context
from listhub.cli.moderate_many import COMMANDS as MANY
from listhub.errors import UsageError
from listhub.lists.moderation import decide as decisions, queue, request as requests
from listhub.lists.moderation.outcomes import (
    Action,
    AlreadyDecided,
    Decided,
    Decision,
    Gone,
)
from listhub.lists.moderation.request import Request
from listhub.lists.notices.moderation import REJECTIONS
from listhub.spool import bodies, stats, store

if TYPE_CHECKING:
    import psycopg

F = TypeVar("F", bound=Callable[..., object])

_COLUMNS = (
    *("request", "kind", "list", "age", "author", "member", "size", "spam"),
    *("claimed_by", "cursor", "what"),
)
_request = click.argument("request_id", type=click.IntRange(1), metavar="ID")
_quiet = click.option("--quiet", is_flag=True, help="Tell the author nothing.")
_block = click.option(
    "--block", is_flag=True, help="Put the author on the list's blocklist."
)


@click.group(
    short_help="Show and decide what waits for somebody's word.",
    commands=list(MANY),
)
def moderate() -> None:
    """Show and decide what waits for moderators, owners and listmasters.

    The first decision about a request stands, whoever takes it and how; whoever comes
    later is told of it.
    """


@moderate.command()
@chosen.chosen
@click.option(
    "--sort",
    type=click.Choice(queue.SORTS),
    default="oldest",
    show_default=True,
    help="What comes first.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, queue.MOST),
    default=queue.PAGE,
    show_default=True,
    help="How many.",
)
@click.option(
    "--after", default="", metavar="CURSOR", help="Only after this; see --json."
)
@json_option
@pass_context
def ls(
    context: Context, /, *, sort: queue.Sort, limit: int, after: str, **options: Any
) -> None:
    """List what waits, page by page."""
    with context.connection() as conn:
        listmaster = context.settings.site.listmaster
        who, wanted = chosen.read(conn, options, listmaster=listmaster)
        found = queue.page(conn, who, wanted, sort=sort, after=after, limit=limit)
    rows = [
        (
            each.id,
            each.kind,
            each.address,
            stats.duration(each.age.total_seconds()),
            each.author,
            each.member,
            each.size,
            each.spam,
            each.claimed_by,
            each.cursor,
            each.what,
        )
        for each in found.entries
    ]
    context.table(rows, _COLUMNS)


@moderate.command()
@_request
@click.option("--message", is_flag=True, help="Print the message itself, as it came.")
@json_option
@pass_context
def show(context: Context, *, request_id: int, message: bool) -> None:
    """Show everything about request ID, decided or not."""
    with context.connection() as conn:
        found = _load(conn, request_id)
        raw = _raw(conn, found) if message else b""
    if message:
        sys.stdout.buffer.write(raw)
    elif context.as_json:
        context.document(found)
    else:
        for name in found.__slots__:
            value = getattr(found, name)
            if value not in (None, "", [], {}):
                context.text(f"{name:<13} {clean(value)}")


@moderate.command()
@_request
@click.option("--allow", is_flag=True, help="Let the author through from now on.")
@click.option("--topic", "topics", multiple=True, metavar="NAME", help="Give a topic.")
@_quiet
@json_option
@pass_context
def approve(
    context: Context,
    *,
    request_id: int,
    allow: bool,
    topics: Sequence[str],
    quiet: bool,
) -> None:
    """Approve request ID: a post goes to its list, a command is done."""
    decision = Decision(
        action=Action.APPROVE,
        allow=allow,
        quiet=quiet,
        topics=tuple(topics) if topics else None,
    )
    _decide(context, request_id, decision)


@moderate.command()
@_request
@click.option("--reason", default="", metavar="TEXT", help="What the author is told.")
@click.option(
    "--template",
    type=click.Choice(sorted(REJECTIONS)),
    default="reject",
    show_default=True,
    help="Which text the author of a post gets.",
)
@_block
@_quiet
@json_option
@pass_context
def reject(
    context: Context,
    *,
    request_id: int,
    reason: str,
    template: str,
    block: bool,
    quiet: bool,
) -> None:
    """Reject request ID and tell whoever asked."""
    decision = Decision(
        action=Action.REJECT,
        reason=reason,
        template=template,
        block=block,
        quiet=quiet,
    )
    _decide(context, request_id, decision)


@moderate.command()
@_request
@_block
@json_option
@pass_context
def discard(context: Context, *, request_id: int, block: bool) -> None:
    """Drop request ID and tell nobody."""
    _decide(context, request_id, Decision(action=Action.DISCARD, block=block))


@moderate.command()
@_request
@_block
@json_option
@pass_context
def spam(context: Context, *, request_id: int, block: bool) -> None:
    """Drop request ID as spam and tell nobody."""
    _decide(context, request_id, Decision(action=Action.SPAM, block=block))


@moderate.command()
@_request
@click.argument("text", metavar="TEXT")
@json_option
@pass_context
def note(context: Context, *, request_id: int, text: str) -> None:
    """Leave TEXT for the others who may decide request ID."""
    with context.connection() as conn:
        if not decisions.note(conn, request_id, text, by=actor(), how="cli"):
            raise UsageError(_no_request(request_id))
    context.result(f"Request {request_id}: your note is there.", request=request_id)


def _decide(context: Context, request_id: int, decision: Decision) -> None:
    with context.connection() as conn:
        outcome = decisions.decide(
            conn,
            request_id,
            decision,
            by=actor(),
            how="cli",
            settings=context.settings,
        )
        if isinstance(outcome, Decided):
            store.put(conn, outcome.items)
    if isinstance(outcome, Gone):
        raise UsageError(_no_request(request_id))
    _tell(context, outcome)


def _tell(context: Context, outcome: Decided | AlreadyDecided) -> None:
    claimed = outcome.claim_of if isinstance(outcome, Decided) else ""
    said = f" ({claimed} was looking at it.)" if claimed else ""
    context.result(
        f"{outcome.sentence}{said}",
        request=outcome.request.id,
        state=outcome.state,
        changed=isinstance(outcome, Decided),
        by=actor() if isinstance(outcome, Decided) else outcome.who,
    )


def _load(conn: "psycopg.Connection[Any]", request_id: int) -> Request:
    found = requests.load(conn, request_id)
    if found is None:
        raise UsageError(_no_request(request_id))
    return found


def _no_request(request_id: int) -> str:
    return f"There is no request {request_id}, or it was decided long ago."


def _raw(conn: "psycopg.Connection[Any]", found: Request) -> bytes:
    if found.body_id is None:
        raise UsageError(f"Request {found.id} has no message.")
    return bodies.load(conn, found.body_id)
