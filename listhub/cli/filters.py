"""`listhub filter`: lists of patterns and questions that the condition search() asks."""

from typing import BinaryIO

import click

from listhub.cli import own_files
from listhub.cli.context import Context, json_option, pass_context
from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.outside import ldap_filter, sql_filter
from listhub.outside.filter_file import FilterError
from listhub.policy.conditions import FILTERS as ENDINGS
from listhub.policy.library import FILTERS, NAME


@click.group("filter", short_help="Show and change named filters and blocklists.")
def filter_() -> None:
    """Show and change named filters: blocklist.txt and others that scenarios search."""


@filter_.command()
@click.option("--list", "address", metavar="ADDRESS", help="As this list has it.")
@json_option
@pass_context
def ls(context: Context, *, address: str | None) -> None:
    """List the filters, with the level that each comes from."""
    with context.connection() as conn:
        files = own_files.db_files(conn, address=address)
        rows = [
            (path.removeprefix(f"{FILTERS}/"), found.source)
            for path in sorted(files.paths(FILTERS))
            for found in files.find_all(path)
        ]
    context.table(rows, ("filter", "from"))


@filter_.command()
@click.argument("name")
@click.option("--list", "address", metavar="ADDRESS", help="As this list has it.")
@json_option
@pass_context
def show(context: Context, *, name: str, address: str | None) -> None:
    """Show the filter NAME, such as blocklist.txt."""
    with context.connection() as conn:
        found = own_files.read(conn, _path(name), address=address)
    if context.as_json:
        context.document(found)
    else:
        context.text(f"# {found.label}\n{found.content.rstrip()}")


@filter_.command()
@click.argument("name")
@click.argument("file", type=click.File("rb"))
@own_files.owner_options
@json_option
@pass_context
def put(
    context: Context,
    *,
    name: str,
    file: BinaryIO,
    address: str | None,
    domain: str | None,
    site: bool,
) -> None:
    """Put FILE in force as the filter NAME; a broken one is refused."""
    text = own_files.read_text(file.read(), name=file.name)
    path = _path(name)
    _check(name, text)
    own_files.put(context, path, text, address=address, domain=domain, site=site)


@filter_.command()
@click.argument("name")
@own_files.owner_options
@json_option
@pass_context
def rm(
    context: Context, *, name: str, address: str | None, domain: str | None, site: bool
) -> None:
    """Remove the filter NAME; those of other levels stay."""
    own_files.remove(context, _path(name), address=address, domain=domain, site=site)


def _path(name: str) -> str:
    if not NAME.fullmatch(name) or not name.endswith(ENDINGS):
        raise UsageError(
            f"{shown(name)} is not the name of a filter, such as blocklist.txt; it ends"
            f" in {' or '.join(ENDINGS)}."
        )
    return f"{FILTERS}/{name}"


def _check(name: str, text: str) -> None:
    """Refuse a question that could never be asked."""
    try:
        if name.endswith(".sql"):
            sql_filter.question(text, lambda _: "")
        elif name.endswith(".ldap"):
            ldap_filter.question(text, lambda _: "")
    except FilterError as error:
        raise UsageError(f"{name}: {error}.") from error
