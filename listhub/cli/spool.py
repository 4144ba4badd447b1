"""`listhub spool`: look into the rooms, and put right what waits there."""

import functools
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from listhub.cli import item
from listhub.cli.actor import actor
from listhub.cli.ages import Age
from listhub.cli.context import Context, json_option, pass_context
from listhub.errors import PermanentError, UsageError
from listhub.spool import browse, operator, stats
from listhub.spool.browse import Waiting
from listhub.spool.meanwhile import Action, Change
from listhub.spool.operator import Edit

if TYPE_CHECKING:
    import psycopg

F = TypeVar("F", bound=Callable[..., object])
Order = Callable[..., Change]

_COLUMNS = (
    *("item", "stage", "state", "priority", "age", "list", "from", "to"),
    *("attempts", "reason"),
)


@click.group(short_help="Look into the rooms, and put right what waits there.")
def spool() -> None:
    """Look into the rooms between the stages, and put right what waits there.

    Every change is written down with who made it.  An order that somebody has
    carried out already changes nothing, and says who did it.
    """


def _items(command: F) -> F:
    return click.argument("items", nargs=-1, type=click.IntRange(1), metavar="ITEM...")(
        command
    )


_force = click.option(
    "--force", is_flag=True, help="Take it away from a worker that is at it."
)


# --- looking ---------------------------------------------------------------------


@spool.command()
@click.option("--stage", metavar="NAME", help="Of this stage.")
@click.option("--state", type=click.Choice(browse.STATES), help="In this state.")
@click.option("--list", "address", metavar="ADDRESS", help="Of this list.")
@click.option("--older", type=Age(), metavar="AGE", help="Older than 90, 10m, 2h, 1d.")
@click.option("--recipient", metavar="ADDRESS", help="That came to this address.")
@click.option("--after", type=int, metavar="ITEM", help="The page behind this item.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="How many, by number.",
)
@json_option
@pass_context
def ls(
    context: Context,
    *,
    stage: str | None,
    state: str | None,
    address: str | None,
    older: timedelta | None,
    recipient: str | None,
    after: int | None,
    limit: int,
) -> None:
    """List what waits."""
    with context.connection() as conn:
        wanted = browse.Filter(
            stage=_stage(stage) if stage else None,
            state=state,
            list_id=_list_id(conn, address),
            recipient=recipient,
            older=older,
            after=after,
        )
        found = browse.waiting(conn, wanted, limit=limit)
    if context.as_json:
        context.document(found)
        return
    context.table([_row(one) for one in found], _COLUMNS)
    if len(found) == limit:
        more = f"There may be more: --after {found[-1].id} shows the next page."
        click.echo(more, err=True)


def _row(one: Waiting) -> Sequence[object]:
    reason = (one.reason or "").partition("\n")[0]
    return (
        one.id,
        one.stage,
        one.state,
        one.priority,
        stats.duration(one.age),
        one.list,
        one.reverse_path,
        one.recipient,
        one.attempts,
        reason if len(reason) <= 60 else f"{reason[:59]}…",
    )


@spool.command()
@click.argument("item_id", type=click.IntRange(1), metavar="ITEM")
@click.option("--message", is_flag=True, help="Print the message's bytes, no more.")
@json_option
@pass_context
def show(context: Context, *, item_id: int, message: bool) -> None:
    """Show all that is known of ITEM, or its message; of a settled one, its end."""
    from listhub.lists.operators import dossier

    with context.connection() as conn:
        found = browse.item(conn, item_id) or browse.past_item(conn, item_id)
        if found is None:
            raise PermanentError(f"There is no item {item_id} in the spool.")
        raw = dossier.message(conn, found) if message else b""
    if message:
        sys.stdout.buffer.write(raw)
    elif context.as_json:
        context.document(found)
    else:
        item.tell(context, found)


@spool.command("stats")
@json_option
@pass_context
def stats_(context: Context) -> None:
    """Show how many items each room has, and how long the oldest has waited."""
    from listhub.cli.status import show_rooms
    from listhub.stages.table import STAGES

    with context.connection() as conn:
        figures = stats.rooms(conn, [stage.name for stage in STAGES])
    show_rooms(context, figures)


# --- putting right ---------------------------------------------------------------


@spool.command()
@_items
@_force
@json_option
@pass_context
def hold(context: Context, *, items: Sequence[int], force: bool) -> None:
    """Keep ITEMs from being worked on until they are released."""
    _each(context, items, functools.partial(operator.hold, actor=actor(), force=force))


def _all_of_a_stage(command: F) -> F:
    command = click.option("--stage", metavar="NAME", help="With --all: which stage.")(
        command
    )
    return click.option(
        "--all", "everything", is_flag=True, help="All such items of --stage."
    )(command)


@spool.command()
@_items
@_all_of_a_stage
@json_option
@pass_context
def release(
    context: Context, *, items: Sequence[int], everything: bool, stage: str | None
) -> None:
    """Let held and parked ITEMs go on."""
    _one_or_all(context, "release", items, everything=everything, stage=stage)


@spool.command()
@_items
@_all_of_a_stage
@json_option
@pass_context
def retry(
    context: Context, *, items: Sequence[int], everything: bool, stage: str | None
) -> None:
    """Try deferred and buried ITEMs again now; attempts are counted anew."""
    _one_or_all(context, "retry", items, everything=everything, stage=stage)


@spool.command()
@_items
@_all_of_a_stage
@json_option
@pass_context
def exhume(
    context: Context, *, items: Sequence[int], everything: bool, stage: str | None
) -> None:
    """Try buried ITEMs again now; attempts are counted anew."""
    _one_or_all(context, "exhume", items, everything=everything, stage=stage)


_ORDERS: dict[Action, Order] = {
    "release": operator.release,
    "retry": operator.retry,
    "exhume": operator.exhume,
}


def _one_or_all(
    context: Context,
    action: Action,
    items: Sequence[int],
    *,
    everything: bool,
    stage: str | None,
) -> None:
    if not everything:
        if stage is not None:
            raise UsageError("--stage goes with --all; without it, name the items.")
        _each(context, items, functools.partial(_ORDERS[action], actor=actor()))
        return
    if items or stage is None:
        raise UsageError("With --all name a stage by --stage, and no items.")
    name, total, after = _stage(stage), 0, 0
    with context.connection() as conn:
        while True:
            done, after = operator.make_many_ready(
                conn, stage=name, action=action, actor=actor(), after=after
            )
            conn.commit()
            total += done
            if not done:
                break
    items_are = "item is" if total == 1 else "items are"
    context.result(f"{total:,} {items_are} ready in {name}.", stage=name, items=total)


@spool.command()
@_items
@click.option("--note", default="", help="Why; it is kept in the item's history.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_force
@json_option
@pass_context
def drop(
    context: Context, *, items: Sequence[int], note: str, yes: bool, force: bool
) -> None:
    """End ITEMs unworked; nobody is told, and it cannot be undone."""
    if sys.stdin.isatty() and not yes and items:
        numbers = ", ".join(map(str, items))
        click.confirm(f"Drop {numbers} for good?", abort=True, err=True)
    order = functools.partial(operator.drop, actor=actor(), note=note, force=force)
    _each(context, items, order)


@spool.command()
@click.argument("item_id", type=click.IntRange(1), metavar="ITEM")
@click.option("--recipient", metavar="ADDRESS", help="Whom it is for.")
@click.option("--reverse-path", metavar="ADDRESS", help="Where reports go; '': none.")
@click.option("--priority", type=click.IntRange(0, 9), help="0 is first, 9 last.")
@json_option
@pass_context
def edit(
    context: Context,
    *,
    item_id: int,
    recipient: str | None,
    reverse_path: str | None,
    priority: int | None,
) -> None:
    """Change the envelope of ITEM."""
    from listhub.lists.operators import envelope
    from listhub.mail.address import parse_addr_spec

    if recipient is None and reverse_path is None and priority is None:
        raise UsageError("Nothing to change; --recipient, --reverse-path, --priority?")
    if reverse_path and parse_addr_spec(reverse_path) is None:
        raise UsageError(f"{reverse_path!r} is not an address.")
    with context.connection() as conn:
        found = browse.item(conn, item_id)
        new = Edit()
        if found is not None:
            new = envelope.edit(
                conn,
                found.stage,
                envelope.of(found),
                recipient=recipient,
                reverse_path=reverse_path,
                priority=priority,
            )
        change = operator.edit(conn, item_id, new, actor=actor())
    _say(context, [change])


def _each(context: Context, items: Sequence[int], order: Order) -> None:
    """Carry out an order on each item, each for itself; exit 1 if one cannot be."""
    if not items:
        raise UsageError("Which items? `listhub spool ls` shows their numbers.")
    changes: list[Change] = []
    failed = False
    with context.connection() as conn:
        for number in items:
            try:
                changes.append(order(conn, number))
                conn.commit()
            except PermanentError as error:
                if len(items) == 1:
                    raise
                conn.rollback()
                failed = True
                said = Change(item=number, changed=False, sentence=error.public)
                changes.append(said)
    _say(context, changes)
    if failed:
        raise click.exceptions.Exit(1)


def _say(context: Context, changes: Sequence[Change]) -> None:
    if context.as_json:
        context.document(changes)
    else:
        context.text("\n".join(change.sentence for change in changes))


def _stage(name: str) -> str:
    from listhub.stages.table import STAGES

    names = [stage.name for stage in STAGES]
    if name not in names:
        raise UsageError(f"There is no stage {name!r}; there are {', '.join(names)}.")
    return name


def _list_id(conn: "psycopg.Connection[Any]", address: str | None) -> int | None:
    from listhub.lists import catalogue

    return catalogue.find_list(conn, address).id if address else None
