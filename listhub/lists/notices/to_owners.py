"""To owners: what happens on their list that they should know of."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from listhub.i18n.text import N_
from listhub.lists.notices.notice import Audience, Notice, Size

_DAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """Copies of a post that no server took in time."""

    count: int
    days: int
    #: The first of them.
    addresses: tuple[str, ...]
    trace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceRate:
    """The share of members whose mail comes back, in per cent."""

    rate: int
    limit: int
    bouncing: int
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """A member who was removed since mail to them came back."""

    person: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BouncersHandled:
    """What was done with members of one level of bounces."""

    level: int
    action: Literal["removed", "suspended", "notified", "none"]
    count: int
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Many copies of one message, or all at one destination, came back alike."""

    count: int
    recipients: int
    #: "" where it is one message, wherever it went.
    destination: str
    #: What one of the servers said.
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How much of its room the archive takes."""

    used: Size
    limit: Size
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenFile:
    """A file of the list that cannot be used."""

    path: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludedMember:
    """A member whose options cannot be changed, since another source has them."""

    person: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyRules:
    """Settings that a list may no longer have of its own, by their names."""

    family: str
    settings: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedSync:
    """People whom sources no longer name, so many that nobody was removed."""

    role: Literal["member", "owner", "moderator"]
    going: int
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyReached:
    """A post of which every copy came back."""

    subject: str
    count: int


_BROKEN = BrokenFile(path="mail_tt2/welcome", problem="Line 3: 'nmae' is undefined")

EXPIRED_RECIPIENTS = Notice(
    name="expired_recipients",
    about="Copies of a post were given up: no server took them in time.",
    audience=Audience.OWNERS,
    subject=N_("Copies of a message to %(list)s were given up"),
    sample=GivenUp(
        count=2,
        days=5,
        addresses=("user@d0.example", "user@d1.example"),
        trace="0b3c7c1e-6f0f-4c55-8d3e-5bd8a7b8a1d2",
    ),
)
BOUNCE_RATE = Notice(
    name="bounce_rate",
    about="More members than usual cannot be reached.",
    audience=Audience.OWNERS,
    subject=N_("%(rate)s%% of the members of %(list)s cannot be reached"),
    sample=BounceRate(rate=31, limit=30, bouncing=128, members=412),
)
AUTOMATIC_DEL = Notice(
    name="automatic_del",
    about="A member was removed since mail to them comes back.",
    audience=Audience.OWNERS,
    subject=N_("%(person)s has been removed from %(list)s"),
    sample=Unreachable(person="bob@b.example", count=14, since=_DAY),
)
AUTOMATIC_BOUNCE_MANAGEMENT = Notice(
    name="automatic_bounce_management",
    about="What was done about members who cannot be reached.",
    audience=Audience.OWNERS,
    subject=N_("Members of %(list)s who cannot be reached"),
    sample=BouncersHandled(
        level=2,
        action="removed",
        count=2,
        addresses=("bob@b.example", "eve@e.example"),
    ),
)
BOUNCES_SET_ASIDE = Notice(
    name="bounces_set_aside",
    about="So many copies came back alike that they do not count against anybody.",
    audience=Audience.OWNERS,
    subject=N_("Much mail of %(list)s comes back with the same answer"),
    sample=SetAside(
        count=180,
        recipients=412,
        destination="",
        reply="550 5.7.1 Message rejected as spam",
    ),
)
HUNDRED_PERCENT_ERROR = Notice(
    name="hundred_percent_error",
    about="Every copy of a post came back.",
    audience=Audience.OWNERS,
    subject=N_("A message to %(list)s reached nobody"),
    sample=NobodyReached(subject="Minutes of the meeting", count=412),
)
ARC_QUOTA_95 = Notice(
    name="arc_quota_95",
    about="The archive has filled 95 % of its room.",
    audience=Audience.OWNERS,
    subject=N_("The archive of %(list)s is nearly full"),
    sample=Quota(used=Size(95 * 10**7), limit=Size(10**9), percent=95),
)
ARC_QUOTA_EXCEEDED = Notice(
    name="arc_quota_exceeded",
    about="The archive is full; posts are no longer archived.",
    audience=Audience.OWNERS,
    subject=N_("The archive of %(list)s is full"),
    sample=Quota(used=Size(10**9), limit=Size(10**9), percent=100),
)
BAD_NAMED_FILTER = Notice(
    name="bad_named_filter",
    about="A search filter of the list cannot be used.",
    audience=Audience.OWNERS,
    subject=N_("A search filter of %(list)s is wrong: %(path)s"),
    sample=BrokenFile(path="search_filters/staff.ldap", problem="There is no host."),
)
TEMPLATE_BROKEN = Notice(
    name="template_broken",
    about="A text of the owners' own cannot be used; the shipped one was sent.",
    audience=Audience.OWNERS,
    subject=N_("A text of %(list)s is wrong: %(path)s"),
    sample=_BROKEN,
)
FAILED_TO_CHANGE_INCLUDED_MEMBER = Notice(
    name="failed_to_change_included_member",
    about="A member from another source could not be changed.",
    audience=Audience.OWNERS,
    subject=N_("%(person)s could not be changed on %(list)s"),
    sample=IncludedMember(person="bob@b.example", source="ldap: staff"),
)
SYNC_STOPPED = Notice(
    name="sync_stopped",
    about="So many people would go that their sources are no longer followed.",
    audience=Audience.OWNERS,
    subject=N_("%(going)s people would leave %(list)s; is that right?"),
    sample=StoppedSync(role="member", going=412, before=415),
)
FAMILY_RULES = Notice(
    name="family_rules",
    about="The family of a list has fixed settings that the list had otherwise.",
    audience=Audience.OWNERS,
    subject=N_("Settings of %(list)s are those of its family now"),
    sample=FamilyRules(family="courses-2026", settings="send, reply_to"),
)
