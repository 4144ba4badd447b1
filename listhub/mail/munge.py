"""Put the list into From:, so that a copy does not claim to come from its author.

A list changes what the author's domain has signed; where that domain asks others to
refuse what fails its check (DMARC, RFC 9989), copies would be refused.  RFC 7960 §4.1.3
names the remedies; this is the one that reaches every reader.  Whether it is needed was
decided before (`listhub.mail.dmarc`); this module only does it.

    From: Bob Smith <bob@r.example>
    ─▶  From: "Bob Smith (via dev Mailing List)" <dev@lists.example>
        Reply-To: Bob Smith <bob@r.example>            only if there is none
        X-Original-From: Bob Smith <bob@r.example>
        X-Original-DKIM-Signature: …                   the first; the signatures go
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from listhub.i18n.text import N_
from listhub.mail import address, mailbox
from listhub.mail.headers import Headers

Phrase = Literal[
    "display_name",
    "name_and_email",
    "name_via_list",
    "name_email_via_list",
    "list_for_name",
    "list_for_email",
]

#: How the author is named; another language has the same keys and placeholders.
ENGLISH: Mapping[str, str] = {
    "display_name": "{name}",
    "name_and_email": "{name} ({email})",
    "name_via_list": N_("{name} (via {list} Mailing List)"),
    "name_email_via_list": N_("{name} ({email} via {list} Mailing List)"),
    "list_for_name": N_("{list} Mailing List (on behalf of {name})"),
    "list_for_email": N_("{list} Mailing List (on behalf of {email})"),
}

_SIGNATURES = ("DKIM-Signature", "DomainKey-Signature")
_MOST_AUTHORS = 5  # of a From: with many, the first are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Munge:
    """The decision to rewrite From:, and what it becomes."""

    address: str  #: the list's, or -request or -editor for mail to those
    list_name: str
    reason: str  #: why, as the trace tells it
    phrase: Phrase = "name_via_list"
    phrases: Mapping[str, str] = field(default_factory=lambda: ENGLISH)


def rewrite(headers: Headers, munge: Munge) -> None:
    """Rewrite From: if it holds an address; nobody else's could be spoilt."""
    original = headers.get("From") or b""
    authors = address.mailboxes(original)
    if not authors:  # RFC 6854: a group may be empty
        return
    signature = headers.get("DKIM-Signature")
    if signature is not None:
        headers.replace("X-Original-DKIM-Signature", signature)
    headers.remove(*_SIGNATURES)
    if not headers.get("Reply-To"):
        # One that is there stays, be it the author's or the list's (`reply_to`): the
        # author then is in X-Original-From, and in the phrases that name an address.
        headers.replace("Reply-To", _written(authors))
    as_it_came = original if original.isascii() else _written(authors)
    headers.replace("X-Original-From", as_it_came)
    headers.replace("From", mailbox.write(_phrase(authors, munge), munge.address))


def _written(authors: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(mailbox.write(*author) for author in authors)


def _phrase(authors: tuple[tuple[str, str], ...], munge: Munge) -> str:
    named = authors[:_MOST_AUTHORS]
    more = ", …" if len(authors) > _MOST_AUTHORS else ""
    names = ", ".join(name or email.rpartition("@")[0] for name, email in named)
    emails = ", ".join(email for _, email in named)
    # The whole is cut too, but then from its end, and that names the list.
    return munge.phrases[munge.phrase].format(
        name=_half(names + more), email=_half(emails + more), list=munge.list_name
    )


def _half(text: str) -> str:
    limit = mailbox.NAME_LIMIT // 2
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
