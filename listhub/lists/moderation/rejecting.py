"""Rejecting: the texts that may be chosen, filled in, to be read and edited before.

What is shown is what would be sent, in the language of whoever gets it; what comes back
edited goes out as it is (`Decision.text` and `Decision.heading`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.languages import best_language
from listhub.i18n.text import N_, Text
from listhub.lists.files import DbFiles
from listhub.lists.moderation import to_askers
from listhub.lists.moderation.mailing import place_of
from listhub.lists.moderation.outcomes import Action, Decision
from listhub.lists.moderation.request import POST, Request
from listhub.lists.notices.moderation import REJECTIONS
from listhub.lists.notices.send import languages
from listhub.lists.notices.words import write
from listhub.mail.address import key

#: What a moderator reads in the list of texts.
TITLES: Mapping[str, str] = {
    "reject": N_("Rejected"),
    "reject_quiet": N_("Say nothing"),
    "reject_offtopic": N_("Not the list's subject"),
    "reject_html": N_("Plain text, please"),
    "reject_too_large": N_("Too large"),
    "reject_private": N_("Looks like a private letter"),
}
_FOOTER = "\n-- \n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A text that a moderator may choose."""

    name: str
    title: Text
    #: The owners have put their own words in its place.
    own: bool = False
    #: Nobody is written to.
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A text as it would be sent; both are "" where nobody is written to."""

    template: str
    language: str
    heading: str
    text: str
    #: Nobody is written to: silence was chosen, or it was taken for spam.
    silent: bool = False
    #: What is wrong with the owners' own text, which is not used then.
    faults: tuple[str, ...] = ()


def choices(
    conn: "psycopg.Connection[Any]", request: Request, *, language: str
) -> tuple[Choice, ...]:
    """Return the texts for a request; for one that is no post there is one alone."""
    names = [*REJECTIONS] if request.kind == POST else ["reject"]
    files = _files(conn, request, names, language)
    return tuple(
        Choice(
            name=name,
            title=Text(TITLES[name]),
            own=request.kind == POST
            and any(files.find(path) for path in _paths(name, language)),
            silent=REJECTIONS[name] is None,
        )
        for name in names
    )


def preview(
    conn: "psycopg.Connection[Any]",
    request: Request,
    *,
    settings: Settings,
    template: str = "reject",
    words: str = "",
    language: str = "",
) -> Preview:
    """Return a text as whoever asked would read it, in their language or another.

    KeyError for a template that is not one of REJECTIONS.
    """
    place = place_of(conn, request, settings=settings)
    chosen = best_language(language or _language(conn, request), place.language)
    decision = Decision(action=Action.REJECT, template=template, reason=words)
    notice, values = to_askers.rejection(request, decision)
    if notice is None or request.is_spam:
        return Preview(
            template=template, language=chosen, heading="", text="", silent=True
        )
    files = _files(conn, request, [notice.name], chosen)

    def own(path: str) -> str | None:
        found = files.find(path)
        return found.content if found else None

    written = write(notice, values, place=place, language=chosen, own=own)
    return Preview(
        template=template,
        language=chosen,
        heading=written.subject,
        # The footer is put below again when it is sent.
        text=written.text.rpartition(_FOOTER)[0] or written.text,
        faults=tuple(fault.problem for fault in written.faults),
    )


def _language(conn: "psycopg.Connection[Any]", request: Request) -> str:
    """Return the language that whoever asked has chosen, "" if none."""
    return languages(conn, [request.author]).get(key(request.author), "")


def _files(
    conn: "psycopg.Connection[Any]",
    request: Request,
    names: list[str],
    language: str,
) -> DbFiles:
    """Return the owners' own texts, all read in one statement."""
    files = DbFiles(conn, list_id=request.list_id, domain_id=request.domain_id)
    files.fetch([path for name in names for path in _paths(name, language)])
    return files


def _paths(name: str, language: str) -> tuple[str, str]:
    # The notice `reject` is called `rejected`; the files are named after notices.
    notice = REJECTIONS.get(name)
    called = notice.name if notice else name
    return f"mail_tt2/{language}/{called}", f"mail_tt2/{called}"
