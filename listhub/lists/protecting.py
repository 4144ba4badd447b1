"""Protect: whether From must be rewritten so that other sites take the copies (DMARC)."""

from collections.abc import Mapping

from listhub.i18n.text import translated
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow
from listhub.mail import dmarc
from listhub.mail.address import domain_of
from listhub.mail.headers import Headers
from listhub.mail.munge import ENGLISH, Munge
from listhub.outside.answers import Ask
from listhub.outside.dmarc import look_up


def decide(
    ask: Ask, row: ListRow, settings: ListSettings, *, headers: Headers, author: str
) -> Munge | None:
    """Return how From is rewritten for the copies of a post, or None.

    Asks DNS only where the list has a mode that needs it; decided once for all copies.
    """
    if settings.anonymous_sender:
        return None
    reason = _reason(ask, row.domain, settings, headers=headers, author=author)
    if reason is None:
        return None
    return Munge(
        address=settings.dmarc_other_email or row.address,
        list_name=row.name,
        reason=reason,
        phrase=settings.dmarc_phrase,
        phrases=_phrases(settings.language),
    )


def decide_forward(
    ask: Ask, address: str, settings: ListSettings, *, headers: Headers, author: str
) -> Munge | None:
    """Return how From is rewritten for mail to people in a role, or None.

    It then names the address that was written to, -request, -editor or listmaster.
    """
    local, _, domain = address.rpartition("@")
    reason = _reason(ask, domain, settings, headers=headers, author=author)
    if reason is None:
        return None
    return Munge(
        address=address,
        list_name=local,
        reason=reason,
        phrase=settings.dmarc_phrase,
        phrases=_of_roles(),
    )


def _reason(
    ask: Ask, domain: str, settings: ListSettings, *, headers: Headers, author: str
) -> str | None:
    if not settings.dmarc_mode:
        return None
    return dmarc.decide(
        dmarc.Protection(
            modes=settings.dmarc_mode,
            domain_regex=settings.dmarc_domain_regex,
            own_domains=(domain, *settings.dmarc_own_domains),
        ),
        author=author,
        signed=headers.get("DKIM-Signature") is not None,
        look_up=look_up(ask, domain_of(author)),
    )


def _phrases(language: str) -> Mapping[str, str]:
    return {name: translated(phrase, language) for name, phrase in ENGLISH.items()}


def _of_roles() -> Mapping[str, str]:
    """Return the phrases for what is no mailing list."""
    return {name: text.replace(" Mailing List", "") for name, text in ENGLISH.items()}
