"""`listhub member set` and `show`: what one member has chosen."""

from collections.abc import Mapping, Sequence
from typing import Any

import click
import psycopg

from listhub import clock
from listhub.cli.actor import actor
from listhub.cli.context import Context, clean, json_option, pass_context
from listhub.config.fields import nearest, shown
from listhub.errors import UsageError
from listhub.i18n.languages import LANGUAGES
from listhub.lists import (
    attributes as attribute_rules,
    catalogue,
    moments,
    options,
    persons,
    posting,
)
from listhub.lists.list_settings import ListSettings
from listhub.lists.options import NOT_ME, Changes, Options
from listhub.lists.settings import load_list_settings
from listhub.mail.receptions import RECEPTIONS

CHOICES = (*RECEPTIONS, NOT_ME)

#: What takes a person's language away again.
_LISTS_OWN = "list"


def read_attributes(
    written: Sequence[str], settings: ListSettings
) -> dict[str, str] | None:
    """Return what ID=VALUE texts say, None without any; UsageError for unknown IDs."""
    known = [attribute.id for attribute in attribute_rules.of_list(settings)]
    values: dict[str, str] = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"{shown(text)} is no attribute; write it as ID=VALUE.")
        if name not in known:
            hint = f"did you mean {nearest(name, known)}?" if known else "it has none."
            raise UsageError(f"{shown(name)} is not an attribute of the list; {hint}")
        values[name] = value
    return values or None


def read_topics(written: str | None) -> tuple[str, ...] | None:
    """Return the topics between commas, None if nothing was said about them."""
    if written is None:
        return None
    return tuple(filter(None, map(str.strip, written.split(","))))


# --- set --------------------------------------------------------------------------


@click.command("set", short_help="Change the options of a member.")
@click.argument("address", metavar="LIST")
@click.argument("who", metavar="ADDRESS")
@click.option("--reception", type=click.Choice(CHOICES), help="How the posts come.")
@click.option(
    "--own-posts/--no-own-posts", default=None, help="Whether own posts come back."
)
@click.option(
    "--concealed/--visible", default=None, help="Whether other members see them."
)
@click.option("--suspend", metavar="FROM", help="No posts from then on; or now.")
@click.option("--until", metavar="DATE", help="From when on posts come again.")
@click.option("--resume", is_flag=True, help="Posts come again at once.")
@click.option(
    "--topics", metavar="A,B", help='Only posts on these; "" for posts on all.'
)
@click.option(
    "--attribute",
    "attributes",
    multiple=True,
    metavar="ID=VALUE",
    help="Fill in an attribute; without VALUE it is emptied.",
)
@click.option(
    "--language",
    type=click.Choice([*LANGUAGES, _LISTS_OWN]),
    help="The language of the system's mail to them, on all lists; or the list's.",
)
@json_option
@pass_context
def set_(context: Context, /, *, address: str, who: str, **wanted: Any) -> None:
    """Change the options of the member ADDRESS of LIST.

    A date is written as 2026-11-30 or 2026-11-30T08:00, in the list's time zone.
    What members may not choose themselves may be set here.
    """
    said = {**wanted, "resume": wanted["resume"] or None}
    if all(value is None or value == () for value in said.values()):
        raise UsageError("Nothing to set; `--help` lists what can be changed.")
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        changed = _change(conn, found, who, wanted)
    words = f"{', '.join(changed)} changed" if changed else "nothing to change"
    context.result(
        f"{found.address}: {who}: {words}.",
        list=found.address,
        address=who,
        changed={name: list(both) for name, both in changed.items()},
    )


def _change(
    conn: "psycopg.Connection[Any]",
    found: catalogue.ListRow,
    who: str,
    wanted: Mapping[str, Any],
) -> dict[str, tuple[object, object]]:
    """Change all that is wanted in one transaction; return what is now otherwise."""
    row = posting.find_list(conn, found.id)
    if row is None:
        raise UsageError(f"There is no list {found.address} any more.")
    settings = load_list_settings(conn, found.id)
    changed = dict(
        options.change(
            conn,
            row,
            who,
            _changes(wanted, settings),
            settings=settings,
            actor=actor(),
            how="cli",
            any_reception=True,
        )
    )
    language = wanted["language"]
    if language is not None:
        chosen = None if language == _LISTS_OWN else language
        changed |= persons.set_language(conn, who, chosen, actor=actor())
    return changed


def _changes(wanted: Mapping[str, Any], settings: ListSettings) -> Changes:
    suspend, until, resume = wanted["suspend"], wanted["until"], wanted["resume"]
    if resume and (suspend or until):
        raise UsageError("--resume is for now; it goes with neither of the dates.")
    since = clock.now() if suspend == "now" else _moment(suspend, settings)
    return Changes(
        reception=wanted["reception"],
        own_posts=wanted["own_posts"],
        concealed=wanted["concealed"],
        topics=read_topics(wanted["topics"]),
        attributes=read_attributes(wanted["attributes"], settings),
        suspended=False if resume else True if suspend or until else None,
        since=since,
        until=_moment(until, settings),
    )


def _moment(text: str | None, settings: ListSettings) -> Any:
    return moments.read(text, timezone=settings.timezone) if text is not None else None


# --- show -------------------------------------------------------------------------


@click.command(short_help="Show the options of a member.")
@click.argument("address", metavar="LIST")
@click.argument("who", metavar="ADDRESS")
@json_option
@pass_context
def show(context: Context, *, address: str, who: str) -> None:
    """Show all options of the member ADDRESS of LIST, and since when they are one."""
    with context.connection() as conn:
        found = catalogue.find_list(conn, address)
        member = options.find(conn, found.id, who)
        settings = load_list_settings(conn, found.id)
    if member is None:
        raise UsageError(f"{shown(who)[1:-1]} is not a member of {found.address}.")
    if context.as_json:
        context.document(
            {
                "list": found.address,
                "address": member.address,
                "name": member.name,
                "since": member.since,
                "reception": member.reception,
                "own_posts": member.own_posts,
                "concealed": member.concealed,
                "suspended_at": member.suspended_at,
                "suspended_until": member.suspended_until,
                "topics": member.topics,
                "attributes": member.attributes,
                "language": member.language,
            }
        )
        return
    name = f" ({member.name})" if member.name else ""
    context.text(
        f"{member.address}{name} is a member of {found.address}"
        f" since {member.since:%Y-%m-%d}.\n"
    )
    for title, text in _lines(member, settings):
        context.text(f"{title:<11} {clean(text)}")


def _lines(member: Options, settings: ListSettings) -> list[tuple[str, object]]:
    own = "" if member.own_posts else ", without own posts"
    asked = attribute_rules.of_list(settings)
    return [
        ("reception", member.reception + own),
        ("concealed", member.concealed),
        ("suspended", _suspension(member)),
        ("topics", ", ".join(member.topics) or "all"),
        ("language", member.language or f"the list's, {settings.language}"),
        *((each.id, member.attributes.get(each.id) or "-") for each in asked),
    ]


def _suspension(member: Options) -> str:
    if member.suspended_at is None:
        return "no"
    until = f" until {clean(member.suspended_until)}" if member.suspended_until else ""
    over = member.suspended_until is not None and member.suspended_until <= clock.now()
    return f"from {clean(member.suspended_at)}{until}" + (", which is over" * over)
