"""Files that a site, a domain or a list has of its own: the options and the work.

Shared by `listhub scenario` and `listhub filter`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import click
import psycopg

from listhub.cli.actor import actor
from listhub.cli.context import Context
from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists import catalogue, files
from listhub.lists.files import DbFiles, Level
from listhub.policy.library import Found, find

F = TypeVar("F", bound=Callable[..., object])

_ONE = "Say whose it is: --list ADDRESS, --domain NAME or --site."


def read_text(data: bytes, *, name: str) -> str:
    """Return the text of a file; UsageError if it is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{shown(name)[1:-1]} is not a text in UTF-8 (byte {error.start + 1})."
        ) from error


def owner_options(command: F) -> F:
    """Give a command --list, --domain and --site, of which one is to be given."""
    for option in (
        click.option("--site", is_flag=True, help="For the whole site."),
        click.option("--domain", metavar="NAME", help="For the domain NAME."),
        click.option("--list", "address", metavar="ADDRESS", help="For one list."),
    ):
        command = option(command)
    return command


def level_of(
    conn: "psycopg.Connection[Any]",
    *,
    address: str | None,
    domain: str | None,
    site: bool,
) -> Level:
    """Return the level that the options name; UsageError unless it is one."""
    if [bool(address), bool(domain), site].count(True) != 1:
        raise UsageError(_ONE)
    if address:
        found = catalogue.find_list(conn, address)
        return Level(scope="list", list_id=found.id, name=found.address)
    if domain:
        name = catalogue.domain_name(domain)
        return Level(scope="domain", domain_id=domain_id(conn, name), name=name)
    return Level()


def domain_id(conn: "psycopg.Connection[Any]", name: str) -> int:
    """Return the number of a domain; UsageError if it is not here."""
    known = {row.name: row.id for row in catalogue.domains(conn)}
    if name not in known:
        raise UsageError(f"There is no domain {name} here.")
    return known[name]


def db_files(conn: "psycopg.Connection[Any]", *, address: str | None = None) -> DbFiles:
    """Return the files that a list sees, or those of the site without one."""
    if address is None:
        return DbFiles(conn)
    found = catalogue.find_list(conn, address)
    return DbFiles(conn, list_id=found.id, domain_id=found.domain_id)


def read(conn: "psycopg.Connection[Any]", path: str, *, address: str | None) -> Found:
    """Return a file as a list sees it; UsageError if there is none."""
    files.check(path, None)
    found = find(db_files(conn, address=address), path)
    if found is None:
        raise UsageError(f"There is no file {path}.")
    return found


def put(
    context: Context,
    path: str,
    text: str,
    *,
    address: str | None,
    domain: str | None,
    site: bool,
) -> None:
    """Write a file at the level that the options name, and say so."""
    with context.connection() as conn:
        level = level_of(conn, address=address, domain=domain, site=site)
        version = files.write(conn, path, text, level=level, actor=actor())
    context.result(
        f"{path}: in force for {level.name}.",
        path=path,
        level=level.name,
        version=version,
    )


def remove(
    context: Context,
    path: str,
    *,
    address: str | None,
    domain: str | None,
    site: bool,
) -> None:
    """Remove a file at the level that the options name; UsageError if it has none."""
    with context.connection() as conn:
        level = level_of(conn, address=address, domain=domain, site=site)
        newest = files.history(conn, path, level=level, limit=1)
        if not newest or newest[0].content is None:
            raise UsageError(f"There is no file {path} of {level.name}.")
        files.write(conn, path, None, level=level, actor=actor())
    context.result(f"{path}: removed for {level.name}.", path=path, level=level.name)
