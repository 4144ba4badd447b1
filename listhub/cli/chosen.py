"""The options by which an operator says which requests are meant: the fields of a filter."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from listhub.cli.ages import Age
from listhub.lists import catalogue
from listhub.lists.moderation import reach
from listhub.lists.moderation.choosing import Claim, Filter, Like, Spam, Trait
from listhub.lists.moderation.reach import EVERYTHING, Reach

if TYPE_CHECKING:
    import psycopg

F = TypeVar("F", bound=Callable[..., object])

_OPTIONS = (
    click.option(
        "--list", "lists", multiple=True, metavar="ADDRESS", help="Only of this list."
    ),
    click.option(
        "--for", "person", metavar="ADDRESS", help="Only what this person may decide."
    ),
    click.option(
        "--kind", "kinds", multiple=True, metavar="NAME", help="post, subscribe …"
    ),
    click.option("--sender", default="", metavar="TEXT", help="A part of the address."),
    click.option("--subject", default="", metavar="WORDS", help="All of these words."),
    click.option("--older", type=Age(), help="Came longer ago than, say, 2d."),
    click.option("--newer", type=Age(), help="Came less long ago than, say, 2h."),
    click.option(
        "--marked", "spam", type=click.Choice(get_args(Spam)), help="By spam filters."
    ),
    click.option("--smallest", type=click.IntRange(0), help="At least so many bytes."),
    click.option("--largest", type=click.IntRange(0), help="At most so many bytes."),
    click.option(
        "--attachment/--no-attachment", default=None, help="With files, or without."
    ),
    click.option("--claim", type=click.Choice(get_args(Claim)), help="By anybody."),
    click.option(
        "--like",
        type=(click.Choice(get_args(Trait)), str),
        metavar="TRAIT VALUE",
        help="Posts alike in sender, subject or relay, as `groups` tells them.",
    ),
)


def chosen(command: F) -> F:
    """Give a command the options of a filter."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read(
    conn: "psycopg.Connection[Any]", options: Mapping[str, Any], *, listmaster: str
) -> tuple[Reach, Filter]:
    """Return what the options of a filter mean; UsageError for a list that is none."""
    given = dict(options)
    person, addresses, like = given.pop("person"), given.pop("lists"), given.pop("like")
    who = EVERYTHING
    if person:
        who = reach.of_person(conn, person, site_listmaster=listmaster)
    wanted = Filter(
        lists=tuple(catalogue.find_list(conn, each).id for each in addresses),
        like=Like(trait=like[0], value=like[1]) if like else None,
        **{**given, "kinds": tuple(given["kinds"])},
    )
    return who, wanted
