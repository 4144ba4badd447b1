"""What members are told: that they came, went, changed, or do not get their mail."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from listhub.i18n.text import N_, Text
from listhub.lists.notices.notice import Audience, Notice

_DAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A member of the list, and what the owners have to say to one."""

    person: str
    #: The owners' own words, "" without any.
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Somebody is invited by a member."""

    person: str
    by: str
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """How somebody is subscribed."""

    person: str
    #: A text where it is filled in for each member.
    since: datetime | str
    #: In the words of SET: MAIL, DIGEST and so on.
    reception: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDecision:
    """What became of a request to the owners."""

    action: Literal["subscribe", "signoff", "other"]
    command: str
    person: str
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VainRequest:
    """Somebody asked for what is so already, for another address."""

    action: Literal["subscribe", "signoff"]
    person: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """A pause: from a day on, until another one if it is known."""

    person: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One option as it was and as it is."""

    name: str | Text
    before: str | Text
    after: str | Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsChange:
    """Options that somebody else, or the member, has changed."""

    person: str
    by: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChange:
    """A new address in the place of an old one."""

    before: str
    after: str
    lists: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicsGone:
    """Topics that the list has given up and a member had chosen."""

    gone: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bouncing:
    """Mail to a member comes back."""

    person: str
    count: int
    since: datetime
    last_at: datetime
    #: What the other server said last.
    reply: str


WELCOME = Notice(
    name="welcome",
    about="Somebody has become a member.",
    audience=Audience.PERSON,
    subject=N_("Welcome to %(list)s"),
    html=True,
    sample=Membership(
        person="ann@a.example",
        words="We talk about the kernel of the campus network.\nBe kind.",
    ),
)
ADDED = Notice(
    name="added",
    about="An owner has made somebody a member.",
    audience=Audience.PERSON,
    subject=N_("You have been added to %(list)s"),
    sample=Membership(person="ann@a.example", words="For all of floor three."),
)
BYE = Notice(
    name="bye",
    about="Somebody has signed off.",
    audience=Audience.PERSON,
    subject=N_("You have left %(list)s"),
    sample=Membership(person="ann@a.example"),
)
REMOVED = Notice(
    name="removed",
    about="An owner has removed a member.",
    audience=Audience.PERSON,
    subject=N_("You have been removed from %(list)s"),
    sample=Membership(person="ann@a.example"),
)
INVITE = Notice(
    name="invite",
    about="A member invites somebody to subscribe.",
    audience=Audience.PERSON,
    subject=N_("%(by)s invites you to the list %(list)s"),
    html=True,
    sample=Invitation(
        person="eve@e.example", by="ann@a.example", words="You will like it!"
    ),
)
REMIND = Notice(
    name="remind",
    about="Members are reminded of being members.",
    audience=Audience.PERSON,
    subject=N_("You are a member of %(list)s"),
    sample=Reminder(person="ann@a.example", since=_DAY, reception="DIGEST"),
)
REQUEST_APPROVED = Notice(
    name="request_approved",
    about="An owner has approved what somebody asked for.",
    audience=Audience.PERSON,
    subject=N_("Approved: %(command)s"),
    sample=RequestDecision(
        action="signoff", command="SIGNOFF dev", person="ann@a.example"
    ),
)
REQUEST_REJECTED = Notice(
    name="request_rejected",
    about="An owner has rejected what somebody asked for.",
    audience=Audience.PERSON,
    subject=N_("Rejected: %(command)s"),
    sample=RequestDecision(
        action="subscribe",
        command="SUBSCRIBE dev",
        person="ann@a.example",
        words="This list is for members of the staff.",
    ),
)
VAIN_REQUEST_BY_OTHER = Notice(
    name="vain_request_by_other",
    about="Somebody asked in vain to subscribe or sign off another address; the owner"
    " of the address is told, since the sender must not learn who is a member.",
    audience=Audience.PERSON,
    subject=N_("A request about you and %(list)s"),
    sample=VainRequest(action="subscribe", person="ann@a.example", by="x@y.example"),
)
SUSPENDED = Notice(
    name="suspended",
    about="A membership is suspended.",
    audience=Audience.PERSON,
    subject=N_("No mail from %(list)s for a while"),
    sample=Suspension(
        person="ann@a.example",
        since=_DAY,
        until=datetime(2027, 1, 10, 9, 0, tzinfo=UTC),
    ),
)
RESUMED = Notice(
    name="resumed",
    about="A suspended membership goes on.",
    audience=Audience.PERSON,
    subject=N_("You get mail from %(list)s again"),
    sample=Membership(person="ann@a.example"),
)
OPTIONS_CHANGED = Notice(
    name="options_changed",
    about="An owner or listmaster has changed the options of a member.",
    audience=Audience.PERSON,
    subject=N_("Your options on %(list)s have changed"),
    sample=OptionsChange(
        person="ann@a.example",
        by="owner@a.example",
        changes=(Change(name=Text(N_("reception")), before="MAIL", after="DIGEST"),),
    ),
)
ADDRESS_CHANGED = Notice(
    name="address_changed",
    about="A member's address is another one now; sent to the old one.",
    audience=Audience.PERSON,
    subject=N_("Your new address on %(domain)s"),
    sample=AddressChange(
        before="ann@a.example",
        after="ann@b.example",
        lists=("dev@lists.example", "staff@lists.example"),
    ),
)
DELETED_MSG_TOPICS = Notice(
    name="deleted_msg_topics",
    about="The list has given up topics that a member had chosen.",
    audience=Audience.PERSON,
    subject=N_("Topics of %(list)s are no more"),
    sample=TopicsGone(gone=("exams",), left=("sports", "music")),
)
AUTO_NOTIFY_BOUNCERS = Notice(
    name="auto_notify_bouncers",
    about="Mail to a member comes back so often that they are told.",
    audience=Audience.PERSON,
    subject=N_("Mail from %(list)s does not reach you"),
    sample=Bouncing(
        person="ann@a.example",
        count=12,
        since=_DAY,
        last_at=_DAY,
        reply="552 5.2.2 Mailbox full",
    ),
)
BOUNCE_PROBE = Notice(
    name="bounce_probe",
    about="Mail to a member comes back; this one asks whether the mailbox is there.",
    audience=Audience.PERSON,
    subject=N_("Does mail from %(list)s reach you?"),
    sample=Membership(person="ann@a.example"),
)
