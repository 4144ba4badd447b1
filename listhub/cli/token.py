"""`listhub token`: programs that use the API in somebody's name."""

from datetime import timedelta

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, json_option, pass_context
from listhub.errors import UsageError
from listhub.lists import catalogue, persons
from listhub.lists.accounts import tokens
from listhub.lists.accounts.tokens import RIGHTS, Rights


@click.group(short_help="Make, list and revoke tokens of the API.")
def token() -> None:
    """Make, list and revoke tokens of the API.

    A token acts for a person, and never may more than they may at that moment.
    """


@token.command()
@click.argument("address", required=False, metavar="[ADDRESS]")
@json_option
@pass_context
def ls(context: Context, *, address: str | None) -> None:
    """List all tokens, or those of ADDRESS, also those that have ended of late."""
    with context.connection() as conn:
        person_id = persons.find(conn, address) if address else None
        known = person_id is not None or address is None
        found = tokens.tokens(conn, person_id=person_id) if known else []
    context.table(
        [
            (
                *(each.id, each.address, each.name, each.rights, each.scope or "site"),
                *(each.used_at, each.expires_at, each.revoked_at),
            )
            for each in found
        ],
        ("id", "address", "name", "rights", "scope", "used", "expires", "revoked"),
    )


@token.command()
@click.argument("address", metavar="ADDRESS")
@click.argument("name", metavar="NAME")
@click.option(
    "--rights",
    type=click.Choice(RIGHTS),
    default="read",
    show_default=True,
    help="What it may do; each may what those before it may.",
)
@click.option("--domain", metavar="NAME", help="For the lists of this domain alone.")
@click.option("--list", "list_", metavar="ADDRESS", help="For this list alone.")
@click.option(
    "--days", type=click.IntRange(1, 3650), help="For so many days; else for good."
)
@json_option
@pass_context
def make(
    context: Context,
    *,
    address: str,
    name: str,
    rights: Rights,
    domain: str | None,
    list_: str | None,
    days: int | None,
) -> None:
    """Make a token called NAME that acts for ADDRESS, and print it this once."""
    if domain and list_:
        raise UsageError("A token is for a domain or for a list; give one of both.")
    with context.connection() as conn:
        made, number = tokens.make(
            conn,
            persons.find_or_make(conn, address),
            name=name,
            rights=rights,
            settings=context.settings,
            domain_id=tokens.domain_named(conn, domain) if domain else None,
            list_id=catalogue.find_list(conn, list_).id if list_ else None,
            life=timedelta(days=days) if days else None,
            actor=actor(),
        )
    context.result(made, id=number, token=made)


@token.command()
@click.argument("number", type=int, metavar="ID")
@json_option
@pass_context
def revoke(context: Context, *, number: int) -> None:
    """End the token with the number ID, at once and everywhere."""
    with context.connection() as conn:
        if not tokens.revoke(conn, number, actor=actor()):
            raise UsageError(f"There is no token {number} that could be revoked.")
    context.result(f"Token {number} is revoked.", id=number, revoked=True)
