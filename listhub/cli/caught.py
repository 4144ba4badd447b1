"""`listhub caught`: the mail that the catching relay of an embedded system took."""

import sys
from pathlib import Path

import click

from listhub.cli.context import Context, json_option, pass_context
from listhub.embedded import caught as box
from listhub.embedded.caught import Transaction
from listhub.errors import UsageError

_COLUMNS = ("digest", "time", "size", "reverse-path", "recipients", "subject")


def _place(context: Context, directory: Path | None) -> Path:
    """Return where caught mail is: --dir DIR, of the command or before it."""
    found = directory or context.directory
    if found is None:
        raise UsageError("Where? Name the system's directory with --dir DIR.")
    # Where `listhub up` keeps it, where its relay does alone, or the place itself.
    for inside in (found / "catcher" / "caught", found / "caught"):
        if inside.is_dir():
            return inside
    return found


_dir = click.option(
    "--dir",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="The directory of the system, or of the catcher.",
)


@click.group(short_help="Look at the mail that a catching relay took.")
def caught() -> None:
    """Look at the mail that the catching relay of `listhub up` took.

    Nothing of it has left this machine.
    """


@caught.command()
@_dir
@click.option("--recipient", default="", metavar="ADDRESS", help="To this address.")
@click.option("--message-id", default="", metavar="ID", help="With this Message-ID.")
@click.option("--list", "name", default="", metavar="LIST", help="Of this list.")
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000_000),
    default=50,
    show_default=True,
    help="The newest so many.",
)
@json_option
@pass_context
def ls(
    context: Context,
    *,
    directory: Path | None,
    recipient: str,
    message_id: str,
    name: str,
    limit: int,
) -> None:
    """List what was caught, the oldest first."""
    found = list(
        box.caught(
            _place(context, directory),
            recipient=recipient,
            message_id=message_id,
            list_name=name,
        )
    )
    newest = found[-limit:]
    if context.as_json:
        context.document(newest)
        return
    context.table([_row(one) for one in newest], _COLUMNS)
    if len(found) > limit:
        click.echo(f"{len(found) - limit:,} older ones: --limit shows more.", err=True)


def _row(one: Transaction) -> tuple[object, ...]:
    more = f" and {len(one.recipients) - 1} more" if len(one.recipients) > 1 else ""
    return (
        one.digest[:12],
        one.time,
        one.size,
        f"<{one.reverse_path}>",
        f"{one.recipients[0]}{more}" if one.recipients else "-",
        one.subject,
    )


@caught.command()
@_dir
@click.argument("digest")
@pass_context
def show(context: Context, *, directory: Path | None, digest: str) -> None:
    """Print the bytes of the message whose digest begins with DIGEST."""
    sys.stdout.buffer.write(box.show(_place(context, directory), digest))
