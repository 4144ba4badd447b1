"""`listhub message`: what a list would make of a message, without sending it."""

import sys
from typing import BinaryIO

import click

from listhub.cli.context import Context, json_option, pass_context
from listhub.errors import UsageError
from listhub.lists import catalogue, composing, posting, rehearsal
from listhub.mail.transforms import Change
from listhub.outside.answers import Answers


@click.group(short_help="Show what a list makes of a message.")
def message() -> None:
    """Show what a list makes of a message."""


@message.command()
@click.argument("file", type=click.File("rb"))
@click.option("--list", "address", required=True, metavar="LIST", help="The list.")
@click.option("--to", metavar="ADDRESS", help="The member whose copy is meant.")
@click.option(
    "--mode",
    type=click.Choice(composing.RECEPTIONS),
    help="The reception, if not that of the member.",
)
@click.option("--explain", is_flag=True, help="Say what each transform changed.")
@json_option
@pass_context
def render(
    context: Context,
    *,
    file: BinaryIO,
    address: str,
    to: str | None,
    mode: str | None,
    explain: bool,
) -> None:
    """Print the copy of the message in FILE (- is standard input) as it would leave.

    Nothing is sent and nothing is written down.
    """
    raw = file.read()
    with context.connection() as conn:
        row = posting.find_list(conn, catalogue.find_list(conn, address).id)
        if row is None:
            raise UsageError(f"There is no list {address} here.")
        wanted, subscription = mode or "each", 0
        if to is not None:
            subscription, own = rehearsal.reception_of(conn, row, to)
            wanted = mode or own
        if wanted not in composing.RECEPTIONS:
            raise UsageError(
                f"{to} gets no copy of a post: the reception is {wanted}; name another"
                " with --mode."
            )
        done = Answers(context.settings).settled(
            conn,
            lambda ask: rehearsal.rehearse(
                conn,
                ask,
                row,
                raw,
                reception=wanted,
                site=context.settings,
                subscription=subscription,
            ),
        )
    if explain or context.as_json:
        _explain(context, done)
    else:
        sys.stdout.buffer.write(done.message)


def _explain(context: Context, done: rehearsal.Rehearsal) -> None:
    if context.as_json:
        context.document(
            {
                "reception": done.reception,
                "message": done.message.decode("utf-8", "backslashreplace"),
                "steps": [
                    {
                        "name": change.name,
                        "about": change.about,
                        "added": change.added,
                        "removed": change.removed,
                        "changed": change.changed,
                        "body": change.body,
                    }
                    for change in done.trail
                ],
            }
        )
        return
    for change in done.trail:
        context.text(f"{change.name}: {change.about}")
        for line in _lines(change):
            context.text(f"  {line}")


def _lines(change: Change) -> list[str]:
    if change.nothing:
        return ["nothing"]
    lines = [f"- {field}" for field in change.removed]
    lines += [f"+ {field}" for field in change.added]
    for before, after in change.changed:
        lines += [f"- {before}", f"+ {after}"]
    if change.body:
        lines.append(f"body: {change.body[0]} bytes, then {change.body[1]}")
    return lines
