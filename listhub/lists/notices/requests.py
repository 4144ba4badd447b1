"""Requests: what owners have to decide about, and who came and went."""

from dataclasses import dataclass
from datetime import UTC, datetime

from listhub.i18n.text import N_
from listhub.lists.notices.notice import Audience, Notice

_KEY = "9f86d081884c7d659a2feaa0c55ad015"
_ASKED_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRequest:
    """Somebody asks to come or go."""

    person: str
    #: The name they gave, "" without one.
    name: str
    key: str
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRequest:
    """A command that waits for an owner's word."""

    command: str
    by: str
    key: str
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChange:
    """Somebody came or went; `members` is how many there are now."""

    person: str
    by: str
    at: datetime
    members: int


_SAMPLE = PersonRequest(person="eve@e.example", name="Eve Moor", key=_KEY, waiting=1)
_CHANGE = MemberChange(
    person="eve@e.example", by="eve@e.example", at=_ASKED_AT, members=412
)

SUBREQUEST = Notice(
    name="subrequest",
    about="A subscription waits for an owner.",
    audience=Audience.OWNERS,
    subject=N_("%(person)s wants to join %(list)s [%(key)s]"),
    to_commands=True,
    html=True,
    sample=_SAMPLE,
)
SIGREQUEST = Notice(
    name="sigrequest",
    about="A sign-off waits for an owner.",
    audience=Audience.OWNERS,
    subject=N_("%(person)s wants to leave %(list)s [%(key)s]"),
    to_commands=True,
    html=True,
    sample=_SAMPLE,
)
OWNER_REQUEST = Notice(
    name="owner_request",
    about="Another command waits for an owner.",
    audience=Audience.OWNERS,
    subject=N_("To decide for %(list)s: %(command)s [%(key)s]"),
    to_commands=True,
    html=True,
    sample=OtherRequest(
        command="ADD dev eve@e.example", by="ann@a.example", key=_KEY, waiting=2
    ),
)
MEMBER_JOINED = Notice(
    name="member_joined",
    about="Somebody has become a member, and the owners want to know.",
    audience=Audience.OWNERS,
    subject=N_("%(person)s has joined %(list)s"),
    sample=_CHANGE,
)
MEMBER_LEFT = Notice(
    name="member_left",
    about="A member has gone, and the owners want to know.",
    audience=Audience.OWNERS,
    subject=N_("%(person)s has left %(list)s"),
    sample=_CHANGE,
)
