"""Confirm what somebody asked for in your name: posts and commands."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from listhub.i18n.text import N_
from listhub.lists.notices.notice import Audience, Notice, Size

_UNTIL = datetime(2026, 12, 20, 9, 0, tzinfo=UTC)
_KEY = "9f86d081884c7d659a2feaa0c55ad015"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPost:
    """A post that its author has to confirm; the post itself is attached."""

    subject: str
    size: Size
    received_at: datetime
    key: str
    #: Without an answer it is dropped then.
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRequest:
    """A command that its sender has to confirm."""

    action: Literal["subscribe", "signoff", "other"]
    #: The command itself: SUBSCRIBE dev.
    command: str
    #: Whom it is about.
    person: str
    key: str
    until: datetime


SEND_AUTH = Notice(
    name="send_auth",
    about="A scenario asks the author of a post to confirm it; the post is attached.",
    audience=Audience.AUTHOR,
    subject=N_("Please confirm your message to %(list)s [%(key)s]"),
    answers=True,
    to_commands=True,
    html=True,
    sample=ConfirmPost(
        subject="Minutes of the meeting",
        size=Size(18_240),
        received_at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        key=_KEY,
        until=_UNTIL,
    ),
)
REQUEST_AUTH = Notice(
    name="request_auth",
    about="A scenario asks whoever sent a command to confirm it.",
    audience=Audience.PERSON,
    subject=N_("Please confirm: %(command)s [%(key)s]"),
    answers=True,
    to_commands=True,
    html=True,
    sample=ConfirmRequest(
        action="subscribe",
        command="SUBSCRIBE dev",
        person="ann@a.example",
        key=_KEY,
        until=_UNTIL,
    ),
)
