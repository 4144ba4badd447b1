"""`listhub list owner` and `listhub list moderator`: who holds these roles, and how."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, json_option, pass_context
from listhub.errors import UsageError
from listhub.lists import catalogue, grants

F = TypeVar("F", bound=Callable[..., object])


@click.group(short_help="Add, change and remove owners.")
def owner() -> None:
    """Add, change and remove the owners of a list: they get its mail to -request."""


@click.group(short_help="Add, change and remove moderators.")
def moderator() -> None:
    """Add, change and remove the moderators of a list: they get its mail to -editor."""


def _people(command: F) -> F:
    """Give a command its arguments: the list, and whoever is meant."""
    command = json_option(command)
    command = click.argument("who", nargs=-1, required=True)(command)
    return click.argument("address")(command)


def _options(command: F) -> F:
    """Give a command what can be changed about a role."""
    for option in (
        click.option("--info", metavar="TEXT", help="What others should know."),
        click.option(
            "--concealed/--visible", default=None, help="Whether others see them."
        ),
        click.option(
            "--reception",
            type=click.Choice(["mail", "none"]),
            help="Whether the role's mail comes to them.",
        ),
        json_option,
        click.argument("who"),
        click.argument("address"),
    ):
        command = option(command)
    return command


# --- owners -----------------------------------------------------------------------


@owner.command("add")
@_people
@pass_context
def add_owner(context: Context, *, address: str, who: Sequence[str]) -> None:
    """Make each WHO an owner of the list ADDRESS."""
    _change(context, address, who, kind="owner", change=grants.grant)


@owner.command("del")
@_people
@pass_context
def del_owner(context: Context, *, address: str, who: Sequence[str]) -> None:
    """Make each WHO no owner of the list ADDRESS any longer."""
    _change(context, address, who, kind="owner", change=grants.revoke)


@owner.command("set")
@_options
@click.option(
    "--profile",
    type=click.Choice(["normal", "privileged"]),
    help="A privileged owner may close the list and name its owners.",
)
@pass_context
def set_owner(
    context: Context,
    *,
    address: str,
    who: str,
    profile: Literal["normal", "privileged"] | None,
    reception: Literal["mail", "none"] | None,
    concealed: bool | None,
    info: str | None,
) -> None:
    """Change what WHO is as an owner of the list ADDRESS."""
    changes = grants.Changes(
        profile=profile, reception=reception, concealed=concealed, info=info
    )
    _set(context, address, who, changes, kind="owner")


@owner.command("ls")
@click.argument("address")
@json_option
@pass_context
def ls_owners(context: Context, *, address: str) -> None:
    """List the owners of the list ADDRESS."""
    _ls(context, address, kind="owner")


# --- moderators -------------------------------------------------------------------


@moderator.command("add")
@_people
@pass_context
def add_moderator(context: Context, *, address: str, who: Sequence[str]) -> None:
    """Make each WHO a moderator of the list ADDRESS."""
    _change(context, address, who, kind="moderator", change=grants.grant)


@moderator.command("del")
@_people
@pass_context
def del_moderator(context: Context, *, address: str, who: Sequence[str]) -> None:
    """Make each WHO no moderator of the list ADDRESS any longer."""
    _change(context, address, who, kind="moderator", change=grants.revoke)


@moderator.command("set")
@_options
@pass_context
def set_moderator(
    context: Context,
    *,
    address: str,
    who: str,
    reception: Literal["mail", "none"] | None,
    concealed: bool | None,
    info: str | None,
) -> None:
    """Change what WHO is as a moderator of the list ADDRESS."""
    changes = grants.Changes(reception=reception, concealed=concealed, info=info)
    _set(context, address, who, changes, kind="moderator")


@moderator.command("ls")
@click.argument("address")
@json_option
@pass_context
def ls_moderators(context: Context, *, address: str) -> None:
    """List the moderators of the list ADDRESS."""
    _ls(context, address, kind="moderator")


# --- both -------------------------------------------------------------------------


def _change(
    context: Context,
    address: str,
    who: Sequence[str],
    *,
    kind: grants.Kind,
    change: Callable[..., None],
) -> None:
    """Change all of them in one transaction, and say who holds the role now."""
    me = actor()
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        for person in who:
            change(conn, found.id, person, kind=kind, name=found.address, actor=me)
        now = grants.holders(conn, found.id, kind=kind)
    names = f": {', '.join(now)}" if now else ""
    context.result(
        f"{found.address}: {_amount(len(now), kind)} now{names}.",
        list=found.address,
        **{f"{kind}s": now},
    )


def _set(
    context: Context,
    address: str,
    who: str,
    changes: grants.Changes,
    *,
    kind: grants.Kind,
) -> None:
    if changes == grants.Changes():
        raise UsageError("Nothing to set; `--help` lists what can be changed.")
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        changed = grants.change(
            conn,
            found.id,
            who,
            changes,
            kind=kind,
            name=found.address,
            actor=actor(),
        )
    words = f"{', '.join(changed)} changed" if changed else "nothing to change"
    context.result(
        f"{found.address}: {kind} {who}: {words}.",
        list=found.address,
        address=who,
        changed={name: list(both) for name, both in changed.items()},
    )


def _ls(context: Context, address: str, *, kind: grants.Kind) -> None:
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        rows = grants.of_list(conn, found.id, kind=kind)
    profile = ("profile",) if kind == "owner" else ()
    columns = ("address", "name", *profile, "reception", "concealed", "since", "info")
    context.table(
        [[getattr(row, column) for column in columns] for row in rows], columns
    )


def _amount(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
