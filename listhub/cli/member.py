"""`listhub member`: who is on a list, one by one or a file at a time."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import click

from listhub.cli import member_options
from listhub.cli.actor import actor
from listhub.cli.context import Context, clean, json_option, pass_context
from listhub.cli.progress import ImportProgress, import_progress
from listhub.errors import UsageError
from listhub.lists import catalogue, member_file, member_import, members
from listhub.lists.member_import import Report
from listhub.lists.member_row import ATTRIBUTE, make_row
from listhub.lists.settings import load_list_settings
from listhub.mail.receptions import RECEPTIONS


@click.group(
    short_help="Add, list, change and remove members.",
    commands=[member_options.set_, member_options.show],
)
def member() -> None:
    """Add, list, change and remove members, one by one or a file at a time."""


@member.command(short_help="Make each ADDRESS a member of LIST.")
@click.argument("address", metavar="LIST")
@click.argument("who", nargs=-1, required=True, metavar="ADDRESS...")
@click.option(
    "--name", default="", metavar="TEXT", help="The name of a single ADDRESS."
)
@click.option(
    "--reception",
    type=click.Choice(member_options.CHOICES),
    help="How they get the posts.  [default: the list's default_reception]",
)
@click.option("--no-own-posts", is_flag=True, help="They do not get their own posts.")
@click.option(
    "--concealed/--visible",
    default=None,
    help="Whether others see that they are members.",
)
@click.option("--topics", metavar="A,B", default="", help="They get posts on these.")
@click.option(
    "--attribute",
    "attributes",
    multiple=True,
    metavar="ID=VALUE",
    help="Fill in one of the list's attributes.",
)
@json_option
@pass_context
def add(
    context: Context,
    *,
    address: str,
    who: Sequence[str],
    name: str,
    reception: str | None,
    no_own_posts: bool,
    concealed: bool | None,
    topics: str,
    attributes: Sequence[str],
) -> None:
    """Make each ADDRESS a member of LIST; all of them or, if one is refused, none."""
    if name and len(who) > 1:
        raise UsageError("--name is for one ADDRESS; several came.")
    fields = {
        "name": name,
        "reception": reception or "",
        "own_posts": "no" if no_own_posts else "",
        "concealed": "" if concealed is None else clean(concealed),
        "topics": topics,
    }
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        settings = load_list_settings(conn, found.id)
        given = member_options.read_attributes(attributes, settings) or {}
        fields |= {f"{ATTRIBUTE}{key}": value for key, value in given.items()}
        rows = (
            make_row(number, {"address": text, **fields}, settings)
            for number, text in enumerate(who, start=1)
        )
        with member_import.stage(rows, found=found) as staged:
            report = member_import.apply(
                conn, staged, found=found, actor=actor(), most=settings.max_members
            )
    if report.refused and not context.as_json:
        for _, value, reason in report.refused:
            click.echo(clean(f"{value} {reason}."), err=True)
    if not report.refused:
        added = _amount(report.added, "member")
        context.result(f"{found.address}: {added} added.", **_data(found, report))
        return
    if context.as_json:
        context.document(_data(found, report))
    raise UsageError(f"{found.address}: nobody was added.")


@member.command("del", short_help="Remove each ADDRESS, or everybody, from LIST.")
@click.argument("address", metavar="LIST")
@click.argument("who", nargs=-1, metavar="[ADDRESS]...")
@click.option("--all", "everybody", is_flag=True, help="Remove everybody from LIST.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_context
def del_(
    context: Context, *, address: str, who: Sequence[str], everybody: bool, yes: bool
) -> None:
    """Remove each ADDRESS from LIST; all of them or, if one is no member, none."""
    if everybody == bool(who):
        raise UsageError("Who is meant? Name each ADDRESS, or --all without any.")
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
    if everybody and not yes:
        _confirm(found)
    with context.connection() as conn:
        if everybody:
            removed = members.remove_all(conn, found, actor=actor())
        else:
            removed = members.remove(conn, found, who, actor=actor())
    context.result(
        f"{found.address}: {_amount(removed, 'member')} removed.",
        list=found.address,
        removed=removed,
    )


def _confirm(found: catalogue.ListRow) -> None:
    if not sys.stdin.isatty():
        raise UsageError("--all removes everybody; add --yes if that is meant.")
    question = f"Remove all {_amount(found.members, 'member')} of {found.address}?"
    click.confirm(question, abort=True, err=True)


@member.command()
@click.argument("address", metavar="LIST")
@click.option(
    "--reception", type=click.Choice(RECEPTIONS), help="Only those who get posts so."
)
@click.option(
    "--match", metavar="TEXT", help="Only those with TEXT in address or name."
)
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@json_option
@pass_context
def ls(
    context: Context,
    *,
    address: str,
    reception: str | None,
    match: str | None,
    limit: int | None,
) -> None:
    """List the members of LIST."""
    text = match.encode("utf-8", "replace").decode() if match else None
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        rows = members.members(
            conn, found.id, reception=reception, text=text, limit=limit
        )
    columns = ("address", "name", "reception", "own_posts", "concealed", "suspended")
    context.table([row[:6] for row in rows], columns)


# --- files ----------------------------------------------------------------------


@member.command()
@click.argument("address", metavar="LIST")
@pass_context
def export(context: Context, *, address: str) -> None:
    """Write the members of LIST as CSV, in the form that `import` takes.

    The topics and the attributes of the list are columns, where it has any.
    """
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        settings = load_list_settings(conn, found.id)
        for piece in members.export(conn, found.id, settings=settings):
            sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


@member.command("import")
@click.argument("address", metavar="LIST")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv"]),
    default="csv",
    show_default=True,
    help="What FILE is.",
)
@click.option("--partial", is_flag=True, help="Apply what is right and skip the rest.")
@click.option("--dry-run", is_flag=True, help="Check FILE, and change nothing.")
@click.option(
    "--quiet", is_flag=True, help="Only say what went wrong, in one sentence."
)
@json_option
@pass_context
def import_(
    context: Context,
    *,
    address: str,
    file: Path,
    form: str,
    partial: bool,
    dry_run: bool,
    quiet: bool,
) -> None:
    """Add the members in FILE to LIST (- for standard input).

    FILE is CSV in UTF-8 with a header, whose columns are among address, name,
    reception, own_posts, concealed, suspended_at, suspended_until, topics and
    attribute:ID for each attribute of the list, in any order, between commas,
    semicolons or tabs; only address must be there, and what is empty is the list's
    default.  Without a header each line is an address.

    Each row that is refused is named with its line and the reason.  Then nothing is
    done and the exit code is 64; with --partial the other rows are added and the exit
    code is 0.
    """
    del form  # there is one so far
    name = "standard input" if str(file) == "-" else str(file)
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        settings = load_list_settings(conn, found.id)
    quiet_progress = quiet or context.as_json
    with (
        import_progress(name, quiet=quiet_progress) as progress,
        _opened(file, progress=progress) as source,
        member_import.stage(
            member_file.read(source, name=name, settings=settings), found=found
        ) as staged,
    ):
        progress.has_read(staged.rows)
        with context.connection() as conn:
            report = member_import.apply(
                conn,
                staged,
                found=found,
                actor=actor(),
                partial=partial,
                dry_run=dry_run,
                most=settings.max_members,
                tell=progress.step,
            )
    _tell(context, found, report, name=name, quiet=quiet, dry_run=dry_run)
    if report.refused and not partial:
        raise UsageError(
            f"{name}: {len(report.refused):,} of {_amount(report.rows, 'row')} refused,"
            " so nothing was added; mend them, or add the others with --partial."
        )


@contextlib.contextmanager
def _opened(file: Path, *, progress: ImportProgress) -> Iterator[BinaryIO]:
    """Open a file for reading; UsageError when it cannot be read, also later."""
    try:
        if str(file) == "-":
            yield progress.watched(sys.stdin.buffer, size=None)
        else:
            with file.open("rb") as stream:
                yield progress.watched(stream, size=file.stat().st_size)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}.") from None


def _tell(
    context: Context,
    found: catalogue.ListRow,
    report: Report,
    *,
    name: str,
    quiet: bool,
    dry_run: bool,
) -> None:
    if context.as_json:
        context.document(_data(found, report))
        return
    if quiet:
        return
    for line, value, reason in report.refused:
        click.echo(clean(f"{name}:{line}: {value or 'the row'} {reason}"), err=True)
    if report.applied or dry_run:
        would = "would be added" if dry_run else "added"
        skipped = _amount(len(report.refused), "row")
        context.text(
            f"{found.address}: {_amount(report.added, 'member')} {would}"
            + (f", {skipped} refused." if report.refused else ".")
        )


def _data(found: catalogue.ListRow, report: Report) -> dict[str, object]:
    return {
        "list": found.address,
        "rows": report.rows,
        "added": report.added if report.applied else 0,
        "applied": report.applied,
        "refused": [row._asdict() for row in report.refused],
    }


def _amount(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
