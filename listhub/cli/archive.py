"""`listhub archive`: bring archives in, write them out, take messages out of them."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from listhub.archive import exporting, importing, reading, reindexing
from listhub.archive.importing import Tally
from listhub.archive.reading import Piece, folders
from listhub.cli.actor import actor
from listhub.cli.archive_progress import ArchiveProgress, archive_progress
from listhub.cli.context import Context, clean, json_option, pass_context
from listhub.errors import UsageError
from listhub.lists import audit, catalogue
from listhub.lists.personal import posts
from listhub.lists.settings import load_list_settings

_DAY = click.DateTime(formats=["%Y-%m-%d", "%Y-%m"])
#: Of what could not be read so many pieces are named.
_NAMED = 20


@click.group(short_help="Import, export, erase: the archives of lists.")
def archive() -> None:
    """Bring archives in, write them out, take messages out of them."""


@archive.command("import", short_help="Bring old messages into LIST's archive.")
@click.argument("address", metavar="LIST")
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--format",
    "form",
    type=click.Choice(reading.FORMATS),
    default="auto",
    show_default=True,
    help="What each PATH is.",
)
@click.option("--dry-run", is_flag=True, help="Read all of it, and file nothing.")
@click.option("--quiet", is_flag=True, help="Only say what went wrong.")
@json_option
@pass_context
def import_(
    context: Context,
    *,
    address: str,
    paths: Sequence[Path],
    form: str,
    dry_run: bool,
    quiet: bool,
) -> None:
    """Bring the messages in PATH... into the archive of LIST.

    A PATH is an mbox file (also packed, .gz), a maildir, or an archive of Sympa: the
    folder of a list, of one month, or that month's arctxt.

    Nothing comes in twice: a message is known by its Message-ID, or by its bytes if it
    has none.  So an import that was interrupted goes on when it is run again.  What
    was erased from the archive stays out.  What cannot be read is named; the rest is
    brought in.
    """
    archives = [(p, reading.detect(p) if form == "auto" else form) for p in paths]
    files = tuple(path for path, kind in archives if kind == "mbox" and path.is_file())
    counted = sum(folders.count(p) for p, kind in archives if kind != "mbox")
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        language = load_list_settings(conn, found.id).language
        conn.commit()
        with archive_progress(
            quiet=quiet or context.as_json,
            files=() if counted else files,
            messages=counted,
        ) as progress:
            tally = importing.bring_in(
                context.settings.database,
                _pieces(archives, progress),
                list_id=found.id,
                language=language,
                dry_run=dry_run,
                tell=lambda tally: progress.passed(tally.seen),
            )
        if tally.added and not dry_run:
            audit.note(
                conn,
                actor=actor(),
                action="archive.import",
                subject=found.address,
                list_id=found.id,
                detail={"added": tally.added, "unread": len(tally.unread)},
            )
    _tell_import(context, found.address, tally, quiet=quiet, dry_run=dry_run)


def _pieces(
    archives: Sequence[tuple[Path, str]], progress: ArchiveProgress
) -> Iterator[Piece]:
    for path, form in archives:
        yield from reading.read(path, form=form, watch=progress.watch)


def _tell_import(
    context: Context, name: str, tally: Tally, *, quiet: bool, dry_run: bool
) -> None:
    if context.as_json:
        context.document({"list": name, "dry_run": dry_run, **_data(tally)})
        return
    for piece in tally.unread[:_NAMED]:
        click.echo(clean(f"{piece.where}: left out: {piece.reason}."), err=True)
    if len(tally.unread) > _NAMED:
        click.echo(f"{len(tally.unread) - _NAMED:,} more were left out.", err=True)
    if quiet:
        return
    verb = "would be added" if dry_run else "added"
    told = [f"{_amount(tally.added)} {verb}"]
    told += [
        f"{number:,} {what}"
        for number, what in (
            (tally.present, "there already"),
            (tally.repeated, "repeated"),
            (tally.removed, "erased before and left out"),
            (tally.nameless, "without a Message-ID"),
            (len(tally.unread), "not readable"),
        )
        if number
    ]
    context.text(f"{name}: {', '.join(told)}.")


def _data(tally: Tally) -> dict[str, object]:
    return {
        "added": tally.added,
        "present": tally.present,
        "repeated": tally.repeated,
        "removed": tally.removed,
        "nameless": tally.nameless,
        "unread": [{"where": p.where, "reason": p.reason} for p in tally.unread],
    }


@archive.command(short_help="Write LIST's archive as an mbox.")
@click.argument("address", metavar="LIST")
@click.option("--from", "since", type=_DAY, help="Posts sent on or after this day.")
@click.option("--to", "until", type=_DAY, help="Posts sent before this day.")
@pass_context
def export(
    context: Context, *, address: str, since: datetime | None, until: datetime | None
) -> None:
    """Write the archive of LIST to standard output as an mbox, oldest post first.

    The octets of each message are as they came, with a ">" before lines that begin
    with "From " (mboxrd).  Days are of UTC, as 2026-11-20 or 2026-11.
    """
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        for piece in exporting.export(
            conn, list_id=found.id, since=_utc(since), until=_utc(until)
        ):
            sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


@archive.command(short_help="Make threads and words of LIST's archive anew.")
@click.argument("address", metavar="LIST")
@click.option("--quiet", is_flag=True, help="Only say what went wrong.")
@json_option
@pass_context
def reindex(context: Context, *, address: str, quiet: bool) -> None:
    """Make anew what the archive of LIST knows of its posts: threads, words, authors.

    For archives filled by an older release, and after the language of the list was
    changed.  The list works on meanwhile; permalinks stay.
    """
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        language = load_list_settings(conn, found.id).language
        total = reindexing.count(conn, found.id)
        conn.commit()
        with archive_progress(
            quiet=quiet or context.as_json, messages=total
        ) as progress:
            done = reindexing.reindex(
                conn, list_id=found.id, language=language, tell=progress.passed
            )
    if context.as_json or not quiet:
        context.result(
            f"{found.address}: {_amount(done)} indexed anew.",
            list=found.address,
            messages=done,
        )


@archive.command(short_help="Take messages out of archives for good.")
@click.option(
    "--message", "message_id", metavar="ID", help="The one with this Message-ID."
)
@click.option("--person", metavar="ADDRESS", help="All that ADDRESS wrote.")
@click.option(
    "--list", "address", metavar="LIST", help="From this list's archive only."
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_context
def erase(
    context: Context,
    *,
    message_id: str | None,
    person: str | None,
    address: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Take one message, or all that somebody wrote, out of archives for good.

    Text, index, place in its thread, attachments, digests and sent copies go, and the
    bytes if nothing else has them.  Its address then answers that it is gone, and no
    import brings it back.  `listhub person erase` erases the rest of somebody, too.
    """
    if (message_id is None) == (person is None):
        raise UsageError("Say what to erase: either --message ID or --person ADDRESS.")
    what = f"the message {message_id}" if message_id else f"all posts of {person}"
    if not (dry_run or yes):
        click.confirm(f"Erase {what}, for good?", abort=True)
    with context.connection() as conn:
        list_id = catalogue.find_list(conn, address).id if address else None
        chosen = posts.choose(message_id=message_id, author=person, list_id=list_id)
        lines = posts.erase(conn, chosen, actor=actor(), dry_run=dry_run)
    if context.as_json:
        context.document({"dry_run": dry_run, "erased": lines})
    elif not lines:
        context.text(f"Nothing is there of {what}.")
    else:
        rows = [(line.rows, line.table, line.deed, line.about) for line in lines]
        context.table(rows, ("rows", "table", "done", "what"))


def _amount(number: int) -> str:
    return f"{number:,} message{'' if number == 1 else 's'}"
