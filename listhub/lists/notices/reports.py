"""Reports of delivery (RFC 3464) to authors: what became of a post, and why."""

from dataclasses import dataclass

from listhub.i18n.text import N_, Text
from listhub.lists.notices.notice import Audience, Nothing, Notice, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A post that was not distributed, with the reason in a sentence."""

    #: The address that it was sent to.
    recipient: str
    reason: str | Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """A mail to an address that does not take it."""

    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversize:
    """A post larger than the list takes."""

    recipient: str
    size: Size
    limit: Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Infected:
    """A post in which a scanner found something, "" if it did not say what."""

    recipient: str
    virus: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Misaddressed:
    """A command that went to a list."""

    recipient: str
    command: str


def _report(name: str, status: str, about: str, sample: Addressee) -> Notice[Addressee]:
    return Notice(
        name=name,
        about=about,
        audience=Audience.AUTHOR,
        subject=_SUBJECT,
        status=status,
        sample=sample,
    )


_SUBJECT = N_("Your message was not distributed")
_TO_LIST = Addressee(recipient="dev@lists.example")

REFUSED = Notice(
    name="refused",
    about="A scenario or a screen refused a post; the reason says why.",
    audience=Audience.AUTHOR,
    subject=_SUBJECT,
    status="5.7.1",
    sample=Refusal(
        recipient="dev@lists.example",
        reason=Text(N_("The message has no From: field: add one with your address.")),
    ),
)
TOO_LARGE = Notice(
    name="too_large",
    about="A post is larger than the list's `max_size`.",
    audience=Audience.AUTHOR,
    subject=_SUBJECT,
    status="5.2.3",
    sample=Oversize(
        recipient="dev@lists.example", size=Size(8_400_000), limit=Size(5_242_880)
    ),
)
VIRUS = Notice(
    name="virus",
    about="A scanner found a virus, and the list tells authors of it.",
    audience=Audience.AUTHOR,
    subject=_SUBJECT,
    status="5.7.0",
    sample=Infected(recipient="dev@lists.example", virus="Eicar-Signature"),
)
MISADDRESSED = Notice(
    name="misaddressed",
    about="A post looks like a command that was meant for the command address.",
    audience=Audience.AUTHOR,
    subject=_SUBJECT,
    status="5.6.0",
    sample=Misaddressed(recipient="dev@lists.example", command="unsubscribe"),
)
NO_COMMAND = Notice(
    name="no_command",
    about="A mail to the command address holds no command.",
    audience=Audience.AUTHOR,
    subject=N_("No command was found in your message"),
    status="5.6.1",
    sample=Nothing(),
)
NO_LIST = _report(
    "no_list",
    "5.1.1",
    "There is no such list.",
    Addressee(recipient="dve@lists.example"),
)
NO_DOMAIN = _report(
    "no_domain",
    "5.1.2",
    "No lists live at this domain.",
    Addressee(recipient="dev@list.example"),
)
NOBODY_IN_CHARGE = _report(
    "nobody_in_charge",
    "5.2.4",
    "Nobody holds the role that was written to.",
    Addressee(recipient="dev-request@lists.example"),
)
LIST_NOT_MADE = _report(
    "list_not_made", "4.2.1", "An automatic list could not be made.", _TO_LIST
)
LIST_EMPTY = _report(
    "list_empty", "4.2.4", "An automatic list would have no members.", _TO_LIST
)
NOT_NOW = _report(
    "not_now", "4.3.0", "Something here does not work at the moment.", _TO_LIST
)
INTERNAL = _report("internal", "5.3.0", "Something here went wrong.", _TO_LIST)
BAD_FAMILY = _report(
    "bad_family", "5.3.5", "The family of an automatic list is wrong.", _TO_LIST
)
PERSONALISATION = _report(
    "personalisation",
    "5.6.5",
    "A personalised post is no template that can be filled in.",
    _TO_LIST,
)
