"""Vet: what a list does not take from anybody, and where a post really comes from."""

from typing import Literal

from listhub.config import Settings
from listhub.errors import TemporaryError
from listhub.i18n.text import N_, Text
from listhub.lists.list_settings import ListSettings
from listhub.lists.notices import reports as notices
from listhub.lists.notices.notice import Size
from listhub.lists.posting import ListRow, Post
from listhub.lists.refusal import Refuse
from listhub.mail import authentication, misaddressed, scanners, screening
from listhub.mail.authentication import Authentication
from listhub.mail.draft import Draft
from listhub.outside import origin
from listhub.outside.answers import Ask
from listhub.outside.clamd import ClamdVerdict

TOO_LARGE = N_("The message has %(size)s bytes; %(list)s takes at most %(most)s.")
A_COMMAND = N_(
    "“%(command)s” looks like a command; send it to %(address)s, not to %(list)s."
)
A_VIRUS = N_("The message holds what a scanner knows as %(virus)s.")

_AUTHENTICATED = "dkim_authenticated_messages"


def dropped(row: ListRow, settings: ListSettings, post: Post) -> str | None:
    """Return why a post is dropped without an answer: answers would feed a loop."""
    if loop := screening.loop(post.headers, row.address):
        return loop
    if settings.reject_automates:
        return screening.automatic(
            post.headers, automates=settings.loop_prevention_regex
        )
    return None


def refused(
    ask: Ask,
    row: ListRow,
    post: Post,
    draft: Draft,
    *,
    settings: ListSettings,
    site: Settings,
) -> Refuse | str | None:
    """Return why the list does not take a post, whoever sent it.

    A Refuse is told to the author, a text is for the trace alone; None: it is taken.
    TemporaryError while the virus scanner does not answer.
    """
    if post.size > settings.max_size:
        return Refuse(
            enhanced="5.2.3",
            reason=Text(
                TOO_LARGE, size=post.size, list=row.address, most=settings.max_size
            ),
            notice=notices.TOO_LARGE,
            values=notices.Oversize(
                recipient=row.address,
                size=Size(post.size),
                limit=Size(settings.max_size),
            ),
        )
    command = misaddressed.command(draft)
    if command and settings.misaddressed_commands == "reject":
        return Refuse(
            enhanced="5.6.0",
            reason=Text(
                A_COMMAND,
                command=command,
                address=f"sympa@{row.domain}",
                list=row.address,
            ),
            notice=notices.MISADDRESSED,
            values=notices.Misaddressed(recipient=row.address, command=command),
        )
    virus = scanners.findings(post.headers).virus
    if site.screening.clamd and not virus:
        virus = _scanned(ask, draft)
    if not virus:
        return None
    if settings.virus_notify == "sender":
        return Refuse(
            enhanced="5.7.0",
            reason=Text(A_VIRUS, virus=virus),
            notice=notices.VIRUS,
            values=notices.Infected(recipient=row.address, virus=virus),
        )
    return f"a virus: {virus}"


def _scanned(ask: Ask, draft: Draft) -> str:
    scan = ask(ClamdVerdict.of(draft.to_bytes()))
    if scan.status == "failed":
        raise TemporaryError(
            "The virus scanner does not answer; the post is tried again later.",
            reason=scan.words,
        )
    return scan.words if scan.status == "infected" else ""


def origin_of(
    ask: Ask, settings: ListSettings, site: Settings, draft: Draft
) -> Authentication | None:
    """Return what is known of where a post comes from, if anything depends on it."""
    wanted = (
        settings.arc
        or site.authentication.authserv_id
        or _AUTHENTICATED in settings.dkim_apply_on
    )
    return origin.authenticate(draft.to_bytes(), ask, site) if wanted else None


def state_origin(draft: Draft, found: Authentication | None, site: Settings) -> None:
    """Remove results that somebody forged, and write down what was found here."""
    own = site.authentication.authserv_id
    authentication.remove_forged(draft.headers, origin.trust(site), own=own)
    if found is not None:
        authentication.announce(draft.headers, found, authserv_id=own)


def validated_by(
    ask: Ask,
    found: Authentication | None,
    *,
    author: str,
    approved: bool,
    confirmed: bool,
) -> Literal["editor", "md5", "dkim", ""]:
    """Return how the author was believed, the strongest first."""
    if approved:
        return "editor"
    if confirmed:
        return "md5"
    if found is not None and origin.is_author(found, author, ask):
        return "dkim"
    return ""
