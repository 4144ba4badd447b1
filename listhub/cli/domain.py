"""`listhub domain`: the domains whose lists live here."""

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, json_option, pass_context
from listhub.lists import catalogue


@click.group(short_help="Add, list and remove domains.")
def domain() -> None:
    """Add, list and remove the domains whose lists live here."""


@domain.command()
@click.argument("name")
@json_option
@pass_context
def add(context: Context, *, name: str) -> None:
    """Add the domain NAME."""
    with context.connection() as conn:
        added = catalogue.add_domain(conn, name, actor=actor())
    context.result(f"{added}: added.", domain=added)


@domain.command()
@json_option
@pass_context
def ls(context: Context) -> None:
    """List the domains, with how many lists they have."""
    with context.connection() as conn:
        found = catalogue.domains(conn)
    context.table(
        [(row.name, row.open, row.closed, row.created_at) for row in found],
        ("domain", "lists", "closed", "since"),
    )


@domain.command()
@click.argument("name")
@json_option
@pass_context
def rm(context: Context, *, name: str) -> None:
    """Remove the domain NAME, which must have no lists."""
    with context.connection() as conn:
        removed = catalogue.remove_domain(conn, name, actor=actor())
    context.result(f"{removed}: removed.", domain=removed)
