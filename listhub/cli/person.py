"""`listhub person`: what is stored about somebody, told to them or erased."""

import sys
from collections.abc import Sequence

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, json_option, pass_context
from listhub.lists.personal import erase as erasing, export as exporting
from listhub.lists.personal.erase import Line, Report


@click.group(short_help="Tell or erase what is stored about somebody.")
def person() -> None:
    """Tell or erase what is stored about somebody."""


@person.command(short_help="Tell all that is stored about ADDRESS.")
@click.argument("address", metavar="ADDRESS")
@click.option(
    "--mbox", is_flag=True, help="Write their archived posts instead, as an mbox."
)
@json_option
@pass_context
def export(context: Context, *, address: str, mbox: bool) -> None:
    """Tell all that is stored about ADDRESS, row by row, from every table.

    With --json one document, for the person to keep; else one line for each kind of
    thing, with how many rows there are.  Mail itself is not in it: --mbox writes the
    posts that they have in archives.
    """
    with context.connection() as conn:
        if mbox:
            for piece in exporting.posts(conn, address):
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            return
        found = exporting.export(conn, address)
    if context.as_json:
        context.document(found)
    elif not found.groups:
        context.text(f"Nothing is stored about {found.address}.")
    else:
        name = f" ({found.name})" if found.name else ""
        context.text(f"{found.address}{name}; --json tells the rows.\n")
        rows = [(len(group.rows), group.about, group.table) for group in found.groups]
        context.table(rows, ("rows", "what", "table"))


@person.command(short_help="Erase all that is stored about ADDRESS.")
@click.argument("address", metavar="ADDRESS")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_context
def erase(context: Context, *, address: str, dry_run: bool, yes: bool) -> None:
    """Erase all that is stored about ADDRESS, and report what was removed where.

    Subscriptions, roles, requests, bounces and posts go, the posts also from archives
    and with their bytes.  Where others' doings name them, as in the audit, a pseudonym
    takes their place.  What others wrote stays; the report says how much names them.
    """
    if not (dry_run or yes):
        click.confirm(f"Erase {address} from everywhere, for good?", abort=True)
    with context.connection() as conn:
        report = erasing.erase(conn, address, actor=actor(), dry_run=dry_run)
    if context.as_json:
        context.document(_data(report, dry_run=dry_run))
    else:
        _tell(context, report, dry_run=dry_run)


def _data(report: Report, *, dry_run: bool) -> dict[str, object]:
    return {
        "address": report.address,
        "pseudonym": report.pseudonym,
        "erased": [_line(line) for line in report.erased],
        "remains": [_line(line) for line in report.kept],
        "without_owner": list(report.without_owner),
        "dry_run": dry_run,
    }


def _line(line: Line) -> dict[str, object]:
    return {
        "table": line.table,
        "deed": line.deed,
        "rows": line.rows,
        "about": line.about,
        "why": line.why,
    }


def _tell(context: Context, report: Report, *, dry_run: bool) -> None:
    if not report.lines:
        context.text(f"Nothing is stored about {report.address}.")
        return
    verb = "would be erased" if dry_run else "erased"
    context.text(f"{report.address}: {verb}; {report.pseudonym} stands for it.\n")
    _table(context, report.erased)
    if report.kept:
        context.text("\nWhat remains:\n")
        _table(context, report.kept)
    for name in report.without_owner:
        context.text(
            f"{name} has no owner now: `listhub list owner add {name} ADDRESS`."
        )


def _table(context: Context, lines: Sequence[Line]) -> None:
    rows = [(each.rows, each.table, each.deed, each.about, each.why) for each in lines]
    context.table(rows, ("rows", "table", "done", "what", "why"))
