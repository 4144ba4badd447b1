"""`listhub web sign-in`: a link on the terminal, for when no mail comes through."""

from datetime import timedelta

import click

from listhub.cli.actor import actor
from listhub.cli.context import Context, json_option, pass_context
from listhub.lists import audit
from listhub.lists.accounts import links


@click.command("sign-in", short_help="Print a link that signs ADDRESS in.")
@click.argument("address", metavar="ADDRESS")
@click.option("--to", "next_path", default="", metavar="PATH", help="Go there then.")
@click.option(
    "--minutes",
    type=click.IntRange(1, 24 * 60),
    default=15,
    show_default=True,
    help="For how long it is good.",
)
@json_option
@pass_context
def sign_in(context: Context, *, address: str, next_path: str, minutes: int) -> None:
    """Print a link that signs ADDRESS in to the web pages, once.

    As one that is mailed does: whoever has it is that person.  A second factor is asked
    for all the same.
    """
    settings = context.settings
    with context.connection() as conn:
        life = timedelta(minutes=minutes)
        token, until = links.make(conn, address, next_path=next_path, life=life)
        audit.note(conn, actor=actor(), action="sign_in_link.make", subject=address)
    url = links.url(token, settings)
    context.result(url, url=url, until=until)
