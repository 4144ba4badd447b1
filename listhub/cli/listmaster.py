"""`listhub listmaster`: who runs the lists of a domain, or of the whole site."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, json_option, pass_context
from listhub.lists import catalogue, listmasters

F = TypeVar("F", bound=Callable[..., object])


@click.group(short_help="Add, list and remove listmasters.")
def listmaster() -> None:
    """Add, list and remove listmasters, of a domain or of the whole site.

    A domain's own get its mail to listmaster@; where it has none, the site's do.
    """


def _who(command: F) -> F:
    """Give a command its arguments: whoever is meant, and where."""
    command = json_option(command)
    command = click.option(
        "--domain", metavar="NAME", help="Of this domain's lists alone."
    )(command)
    return click.argument("who", nargs=-1, required=True, metavar="ADDRESS...")(command)


@listmaster.command()
@_who
@pass_context
def add(context: Context, *, who: Sequence[str], domain: str | None) -> None:
    """Make each ADDRESS a listmaster."""
    _change(context, who, domain, change=listmasters.grant)


@listmaster.command("del")
@_who
@pass_context
def del_(context: Context, *, who: Sequence[str], domain: str | None) -> None:
    """Make each ADDRESS no listmaster any longer."""
    _change(context, who, domain, change=listmasters.revoke)


@listmaster.command()
@click.option("--domain", metavar="NAME", help="Only those of this domain.")
@json_option
@pass_context
def ls(context: Context, *, domain: str | None) -> None:
    """List the listmasters, those of the whole site first."""
    with context.connection() as conn:
        rows = listmasters.listmasters(conn, domain=domain)
    context.table(
        [(row.address, row.domain, row.reception, row.since) for row in rows],
        ("address", "domain", "reception", "since"),
    )


def _change(
    context: Context,
    who: Sequence[str],
    domain: str | None,
    *,
    change: Callable[..., None],
) -> None:
    """Change all of them in one transaction, and say who there is now."""
    with context.connection() as conn:
        for person in who:
            change(conn, person, domain=domain, actor=actor())
        rows = listmasters.listmasters(conn, domain=domain)
    # Without a domain it is the site's that were meant.
    now = [row.address for row in rows if (row.domain is None) == (domain is None)]
    amount = f"{len(now) or 'no'} listmaster{'' if len(now) == 1 else 's'}"
    names = f": {', '.join(now)}" if now else ""
    domain = catalogue.domain_name(domain) if domain else None
    context.result(
        f"{domain or 'site'}: {amount} now{names}.", domain=domain, listmasters=now
    )
