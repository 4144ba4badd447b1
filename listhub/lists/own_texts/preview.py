"""A text as people would read it, filled in with a sample; nothing is sent or stored.

Owners' texts go through `mail.owner_text`, where they can reach nothing and cost
little.  The HTML is the owners' own: a page shows it in a frame that may do nothing.
"""

from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.languages import best_language
from listhub.i18n.text import N_
from listhub.lists.files import Level
from listhub.lists.list_settings import ListSettings
from listhub.lists.notices import place as places
from listhub.lists.notices.notice import Place
from listhub.lists.notices.sample import POST
from listhub.lists.notices.words import Own, write
from listhub.lists.own_texts.kinds import Form, Kind
from listhub.lists.said import SaidError
from listhub.lists.settings import load_list_settings
from listhub.mail import added_text, owner_text
from listhub.mail.headers import Headers
from listhub.mail.owner_text import SOURCE_LIMIT, OwnerTextError
from listhub.mail.personal import SAMPLE, Common, Values, is_template

NOT_USABLE = N_("This text cannot be used: %(problem)s")
TOO_LONG = N_("This text is longer than %(most)s characters.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How a text reads; `problem` says in English why it cannot be used, or is ""."""

    subject: str
    text: str
    html: str
    problem: str = ""


def preview(
    conn: "psycopg.Connection[Any]",
    kind: Kind,
    content: str | None,
    *,
    level: Level,
    site: Settings,
    language: str = "",
    form: Form = "text",
) -> Preview:
    """Return a text as people read it; None: the text as it is without one of theirs.

    Of two files that make one mail, text and HTML, the other one is ListHub's own.
    """
    place = _place(conn, level, site)
    if kind.notice is not None:
        return _mail(kind, content, place=place, language=language, form=form)
    if form == "mime":
        return Preview(subject="", text=content or "", html="")
    settings = load_list_settings(conn, level.list_id) if level.list_id else None
    return _added(content or "", place=place, settings=settings or ListSettings())


def check(
    conn: "psycopg.Connection[Any]",
    kind: Kind,
    content: str,
    *,
    level: Level,
    site: Settings,
    language: str = "",
    form: Form = "text",
) -> None:
    """Raise SaidError for a text that cannot be used."""
    if len(content) > SOURCE_LIMIT:
        raise SaidError(TOO_LONG, most=SOURCE_LIMIT)
    looked = preview(
        conn, kind, content, level=level, site=site, language=language, form=form
    )
    if looked.problem:
        raise SaidError(NOT_USABLE, problem=looked.problem)


def _mail(
    kind: Kind, content: str | None, *, place: Place, language: str, form: Form
) -> Preview:
    assert kind.notice is not None  # noqa: S101 - asked before
    path = kind.path(language=language, form=form)
    words = write(
        kind.notice,
        kind.notice.sample,
        place=place,
        language=best_language(language, place.language),
        own=_only(path, content),
    )
    problem = "; ".join(fault.problem for fault in words.faults)
    return Preview(
        subject=words.subject, text=words.text, html=words.html, problem=problem
    )


def _only(path: str, content: str | None) -> Own:
    return lambda wanted: content if wanted == path else None


def _added(content: str, *, place: Place, settings: ListSettings) -> Preview:
    """Return a text around posts; it is a template where the list personalises."""
    if settings.personalization != "none" and is_template(content):
        common = Common(
            list_address=place.list_address or f"list@{place.domain}",
            headers=Headers.parse(POST),
            sender="x@y.example",
            web_url=place.web,
            language=place.language,
        )
        try:
            content = owner_text.render(content, Values(common).of(SAMPLE))
        except OwnerTextError as error:
            return Preview(subject="", text="", html="", problem=str(error))
    texts = (added_text.Text(text=content),)
    return Preview(
        subject="",
        text=added_text.plain(texts, newline="\n"),
        html=added_text.html(texts, newline="\n"),
    )


def _place(conn: "psycopg.Connection[Any]", level: Level, site: Settings) -> Place:
    if level.list_id is not None:
        found = places.of_list(conn, level.list_id, settings=site)
        if found is not None:
            return found
    return places.of_domain(conn, domain_id=level.domain_id, settings=site)
