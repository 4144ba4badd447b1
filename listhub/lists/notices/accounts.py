"""To a person: a link to sign in, and what has changed in how they get in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from listhub.i18n.text import N_
from listhub.lists.notices.notice import Audience, Notice

Change = Literal[
    "password_set",
    "password_removed",
    "second_factor_added",
    "second_factor_removed",
    "recovery_code_used",
    "identity_added",
    "token_made",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLink:
    """A link that signs in whoever reads the mail."""

    person: str
    link: str
    until: datetime
    #: The network address that it was asked for from, "" if that is not known.
    came_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """What was changed; `name` is that of the token or provider."""

    person: str
    what: Change
    name: str = ""


SIGN_IN_LINK = Notice(
    name="sign_in_link",
    about="Somebody wants to sign in to the web pages by mail.",
    audience=Audience.PERSON,
    subject=N_("Sign in at %(domain)s"),
    html=True,
    sample=SignInLink(
        person="ann@a.example",
        link="https://lists.example/listhub/sign-in/9f86d081884c7d659a2feaa0c55ad015",
        until=datetime(2026, 11, 20, 9, 15, tzinfo=UTC),
        came_from="192.0.2.17",
    ),
)
ACCOUNT_CHANGED = Notice(
    name="account_changed",
    about="A way to sign in as somebody, or to act for them, was added or taken away.",
    audience=Audience.PERSON,
    subject=N_("Your account at %(domain)s was changed"),
    sample=AccountChange(
        person="ann@a.example", what="token_made", name="nightly backup"
    ),
)
