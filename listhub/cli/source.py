"""`listhub source`: where people come from besides asking for it themselves."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, clean, json_option, pass_context
from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists import audit, catalogue, files
from listhub.lists.catalogue import ListRow
from listhub.lists.settings import load_list_settings
from listhub.lists.sources import fetch, file, kinds, register, rounds, synchronise
from listhub.lists.sources.sealing import Sealing
from listhub.lists.sources.source import ROLES, Role, Source, Sync

if TYPE_CHECKING:
    import psycopg

F = TypeVar("F", bound=Callable[..., object])

_list = click.argument("address", metavar="LIST")
_name = click.argument("name", metavar="NAME")
_fields = click.argument("pairs", nargs=-1, metavar="[FIELD=VALUE]...")
_every = click.option(
    "--every",
    type=click.IntRange(register.LEAST_TTL, register.MOST_TTL),
    metavar="SECONDS",
    help=f"How often it is asked; {register.TTL} seconds unless told.",
)


def _role_option(command: F) -> F:
    return click.option(
        "--role",
        type=click.Choice(ROLES),
        default="member",
        show_default=True,
        help="What its people are on the list.",
    )(command)


@click.group(short_help="Take members and owners from elsewhere.")
def source() -> None:
    """Take members, owners and moderators from files, lists, databases, directories.

    People whom a source names come to the list, and go again when no source names them
    any more; those who asked for it themselves stay.
    """


@source.command(short_help="Add a source of KIND called NAME to LIST.")
@_list
@click.argument(
    "kind", type=click.Choice([kind.name for kind in kinds.KINDS]), metavar="KIND"
)
@_name
@_fields
@_role_option
@_every
@json_option
@pass_context
def add(
    context: Context,
    *,
    address: str,
    kind: str,
    name: str,
    pairs: Sequence[str],
    role: Role,
    every: int | None,
) -> None:
    """Add a source of KIND called NAME to LIST, with its fields as FIELD=VALUE.

    KIND is file, https, list, sql, ldap or ldap2.  The source is asked for the first
    time at once; `listhub source sync --dry-run` says beforehand what it would do.
    """
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        register.add(
            conn,
            found,
            role=role,
            kind=kind,
            name=name,
            fields=_taken_apart(pairs),
            ttl=every or register.TTL,
            actor=actor(),
            sealing=Sealing(settings=context.settings),
        )
    context.result(
        f"{found.address}: the source {clean(name)} gives {role}s from now on.",
        list=found.address,
        source=name,
        role=role,
    )


@source.command("set", short_help="Change the source NAME of LIST.")
@_list
@_name
@_fields
@_role_option
@_every
@click.option(
    "--enable/--disable",
    "enabled",
    default=None,
    help="Ask it, or let it be: then whom it gave stays.",
)
@json_option
@pass_context
def set_(
    context: Context,
    *,
    address: str,
    name: str,
    pairs: Sequence[str],
    role: Role,
    every: int | None,
    enabled: bool | None,
) -> None:
    """Change fields of the source NAME of LIST; `FIELD=` takes one away."""
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        register.change(
            conn,
            found,
            register.find(conn, found, name, role=role),
            fields=_taken_apart(pairs),
            ttl=every,
            enabled=enabled,
            actor=actor(),
            sealing=Sealing(settings=context.settings),
        )
    context.result(
        f"{found.address}: the source {clean(name)} is changed.",
        list=found.address,
        source=name,
    )


@source.command("del", short_help="Remove the source NAME of LIST.")
@_list
@_name
@_role_option
@click.option("--keep", is_flag=True, help="Its people stay, as if they had asked.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_context
def del_(
    context: Context, *, address: str, name: str, role: Role, keep: bool, yes: bool
) -> None:
    """Remove the source NAME of LIST, and in the next round whom only it gave."""
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        gone = register.find(conn, found, name, role=role)
        going = 0 if keep else register.only_by(conn, gone)
    if going and not yes:
        click.confirm(
            f"{going:,} people will go with it. Remove it?", abort=True, err=True
        )
    with context.connection() as conn:
        going = register.remove(conn, found, gone, keep=keep, actor=actor())
    context.result(
        f"{found.address}: the source {clean(name)} is removed;"
        f" {going:,} people go with it.",
        list=found.address,
        source=name,
        going=going,
    )


@source.command()
@_list
@json_option
@pass_context
def ls(context: Context, *, address: str) -> None:
    """List the sources of LIST, and how the last round went."""
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        sources = rounds.sources(conn, found.id, *ROLES)
        states = {sync.role: sync for sync in rounds.of_list(conn, found.id)}
    rows = [
        (
            each.role,
            each.name,
            each.kind,
            each.enabled,
            each.last_rows,
            each.last_ok_at,
            _state(states, each.role),
            each.last_error,
        )
        for each in sources
    ]
    columns = ("role", "source", "kind", "asked", "people", "last_ok", "state", "error")
    context.table(rows, columns)


def _state(states: Mapping[Role, Sync], role: Role) -> str:
    return states[role].state if role in states else "new"


@source.command()
@_list
@_name
@_role_option
@json_option
@pass_context
def show(context: Context, *, address: str, name: str, role: Role) -> None:
    """Show the source NAME of LIST, its passwords left out."""
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        shown_source = register.find(conn, found, name, role=role)
    document = _document(shown_source)
    if context.as_json:
        context.document(document)
        return
    for key, value in document.items():
        if isinstance(value, dict):
            for field, text in value.items():
                context.text(f"{field:<14} {clean(text)}")
        elif value is not None:
            context.text(f"{key:<14} {clean(value)}")


def _document(found: Source) -> dict[str, object]:
    return {
        "role": found.role,
        "source": found.name,
        "kind": found.kind,
        "fields": kinds.shown_fields(found),
        "asked": found.enabled,
        "every": found.ttl,
        "people": found.last_rows,
        "refused": found.last_refused,
        "last_ok": found.last_ok_at,
        "error": found.last_error,
    }


@source.command(short_help="Go a round now, or look what it would do.")
@_list
@_role_option
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
@json_option
@pass_context
def sync(context: Context, *, address: str, role: Role, dry_run: bool) -> None:
    """Ask the sources of LIST now; the next free worker does it.

    With --dry-run they are asked here, and nothing is changed.
    """
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        if not rounds.sources(conn, found.id, role):
            raise UsageError(f"{found.address} has no sources of its {role}s.")
        if not dry_run:
            rounds.ask_for(conn, found.id, role)
            _note(conn, found, action="source.sync", detail={"role": role})
    if dry_run:
        _rehearse(context, found, role)
        return
    context.result(
        f"{found.address}: a round of its {role}s is due, and the next free worker"
        " takes it.",
        list=found.address,
        role=role,
    )


def _rehearse(context: Context, found: ListRow, role: Role) -> None:
    with context.connection() as conn:
        sync_id = rounds.ask_for(conn, found.id, role)
        now = rounds.find(conn, sync_id)
        asked = [each for each in rounds.sources(conn, found.id, role) if each.enabled]
        settings = load_list_settings(conn, found.id)
        conn.rollback()
        assert now is not None  # noqa: S101 - it was made above
        sealing = Sealing(settings=context.settings)
        with fetch.fetched(
            conn, asked, address=found.address, sealing=sealing
        ) as fetched:
            difference = synchronise.apply(conn, now, fetched, settings=settings)
        conn.rollback()
    errors = {each.source.name: each.error for each in fetched.failed}
    for name, error in errors.items():
        click.echo(clean(f"{name} failed: {error}"), err=True)
    if difference.stopped:
        said = f"it would be stopped: {difference.stopped}"
    else:
        said = f"{difference.added:,} would be added, {difference.removed:,} removed"
    context.result(
        f"{found.address}: {difference.given:,} {role}s from sources; {said}.",
        list=found.address,
        role=role,
        errors=errors,
        **difference.document(),
    )


@source.command(short_help="Let the people of a stopped round go.")
@_list
@_role_option
@json_option
@pass_context
def approve(context: Context, *, address: str, role: Role) -> None:
    """Let as many people go from LIST as the stopped round says, once, and go on."""
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        states = {each.role: each for each in rounds.of_list(conn, found.id)}
        now = states.get(role)
        if now is None or now.state != "stopped":
            raise UsageError(
                f"The sources of {role}s of {found.address} are not stopped."
            )
        people = int(now.detail.get("removed", 0))
        rounds.approve(conn, now.id, people=max(people - now.approved, 0))
        detail = {"role": role, "people": people}
        _note(conn, found, action="source.approve", detail=detail)
    context.result(
        f"{found.address}: up to {people:,} {role}s may go in the next round.",
        list=found.address,
        role=role,
        people=people,
    )


@source.command(short_help="Encrypt passwords that are stored as they are.")
@json_option
@pass_context
def seal(context: Context) -> None:
    """Encrypt the passwords of all sources that an earlier release stored as they are.

    To be run once all hosts have the new release: older ones cannot read them.
    """
    with context.connection() as conn:
        sealing = Sealing(settings=context.settings)
        changed = register.seal_all(conn, sealing=sealing, actor=actor())
    context.result(f"The passwords of {changed:,} sources are sealed.", sources=changed)


@source.command(short_help="Store FILE for sources of kind file.")
@_list
@_name
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@json_option
@pass_context
def upload(context: Context, *, address: str, name: str, path: Path) -> None:
    """Store FILE as NAME, for the field `file` of sources of LIST of kind file.

    A line is an address and perhaps a name, or the file is a table as `listhub member
    import` takes it.
    """
    try:
        content = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as text: {error}.") from None
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        level = files.Level(scope="list", list_id=found.id, name=found.address)
        path_here = f"{file.FOLDER}/{name}"
        files.write(conn, path_here, content, level=level, actor=actor())
        for each in rounds.sources(conn, found.id, *ROLES):
            if each.kind == "file" and each.config.get("file") == name:
                rounds.ask_for(conn, found.id, each.role)
    context.result(f"{found.address}: {name} is stored.", list=found.address, file=name)


def _taken_apart(pairs: Sequence[str]) -> dict[str, str]:
    fields = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"{shown(pair)} is not of the form FIELD=VALUE.")
        fields[name.strip()] = value
    return fields


def _note(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    *,
    action: str,
    detail: Mapping[str, object],
) -> None:
    audit.note(
        conn,
        actor=actor(),
        action=action,
        subject=found.address,
        list_id=found.id,
        detail=detail,
    )
