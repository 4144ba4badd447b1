"""`listhub moderate all`, `groups`, `progress`, `undo`: many requests at once."""

from typing import TYPE_CHECKING, Any

import click

from listhub.cli import chosen
from listhub.cli.actor import actor
from listhub.cli.context import Context, json_option, pass_context
from listhub.errors import UsageError
from listhub.lists.moderation import delayed, likes, progress as progresses
from listhub.lists.moderation.choosing import ALL
from listhub.lists.moderation.outcomes import Action, Decision, Gone
from listhub.lists.notices.moderation import REJECTIONS
from listhub.spool import store

if TYPE_CHECKING:
    from listhub.lists.moderation.progress import Progress

_ACTIONS = ("approve", "reject", "discard", "spam")
_decision = click.argument("decision_id", type=click.IntRange(1), metavar="DECISION")


@click.command("all")
@click.argument("action", type=click.Choice(_ACTIONS))
@chosen.chosen
@click.option("--reason", default="", metavar="TEXT", help="What authors are told.")
@click.option(
    "--template",
    type=click.Choice(sorted(REJECTIONS)),
    default="reject",
    show_default=True,
    help="Which text the authors of posts get.",
)
@click.option("--block", is_flag=True, help="Put authors on their list's blocklist.")
@click.option("--quiet", is_flag=True, help="Tell the authors nothing.")
@json_option
@pass_context
def all_(context: Context, /, *, action: str, **options: Any) -> None:
    """Decide all that is chosen as ACTION; workers do it, after ten seconds to undo it.

    At least one option must say what is meant.
    """
    given = {name: options.pop(name) for name in ("reason", "template")}
    flags = {name: options.pop(name) for name in ("block", "quiet")}
    decision = Decision(action=Action(action), **given, **flags)
    with context.connection() as conn:
        listmaster = context.settings.site.listmaster
        who, wanted = chosen.read(conn, options, listmaster=listmaster)
        if wanted == ALL:
            raise UsageError("Say which requests are meant, such as --list ADDRESS.")
        found = delayed.schedule(conn, who, wanted, decision, by=actor(), how="cli")
        store.put(conn, found.items)
    context.result(
        f"Decision {found.decision_id}: {found.total} requests; `listhub moderate undo"
        f" {found.decision_id}` takes back what has not taken effect."
        if found.decision_id
        else "Nothing waits that is meant.",
        decision=found.decision_id,
        total=found.total,
        due_at=found.due_at,
    )


@click.command()
@chosen.chosen
@json_option
@pass_context
def groups(context: Context, /, **options: Any) -> None:
    """List groups of posts that are alike, the largest first."""
    with context.connection() as conn:
        listmaster = context.settings.site.listmaster
        who, wanted = chosen.read(conn, options, listmaster=listmaster)
        found = likes.groups(conn, who, wanted)
    rows = [(each.trait, each.value, each.waiting, each.subject) for each in found]
    context.table(rows, ("trait", "value", "waiting", "newest"))


@click.command()
@_decision
@json_option
@pass_context
def progress(context: Context, *, decision_id: int) -> None:
    """Show how far DECISION is, and what did not work."""
    with context.connection() as conn:
        found = progresses.of_decision(conn, decision_id)
        failed = progresses.results(conn, decision_id, outcomes=("failed",))
    if found is None:
        raise UsageError(f"There is no decision {decision_id}.")
    lines = [f"request {each.request_id}: {each.reason}" for each in failed]
    context.result(
        "\n".join([_told(found), *lines]),
        decision=found.id,
        action=found.action,
        by=found.decided_by,
        total=found.total,
        pending=found.pending,
        done=found.done,
        already=found.already,
        failed={each.request_id: each.reason for each in failed},
        undone=found.undone,
    )


@click.command()
@_decision
@json_option
@pass_context
def undo(context: Context, *, decision_id: int) -> None:
    """Take back your own DECISION, as far as it has not taken effect."""
    with context.connection() as conn:
        found = delayed.undo(conn, decision_id, by=actor(), how="cli")
    if isinstance(found, Gone):
        raise UsageError(f"There is no decision {decision_id} of yours.")
    context.result(
        str(found.sentence), taken_back=found.taken_back, too_late=found.too_late
    )


def _told(found: "Progress") -> str:
    return (
        f"Decision {found.id}, {found.action} by {found.decided_by}: {found.done} of"
        f" {found.total} done, {found.pending} pending, {found.already} decided by"
        f" others, {found.failed} failed, {found.undone} undone."
    )


COMMANDS = (all_, groups, progress, undo)
