"""Moderation: what moderators have to decide, and what authors are told of it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from listhub.i18n.text import N_, Text
from listhub.lists.notices.notice import Audience, Notice, Size

_KEY = "9f86d081884c7d659a2feaa0c55ad015"
_HELD_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_UNTIL = datetime(2026, 12, 20, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPost:
    """A post that waits for a moderator; the post itself is attached."""

    author: str
    subject: str
    size: Size
    received_at: datetime
    #: Why it waits: the rule in words.
    why: str | Text
    key: str
    #: How many wait, this one included.
    waiting: int
    #: Without a decision it expires then.
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One line of what waits."""

    author: str
    subject: str
    size: Size
    received_at: datetime
    #: "" in mail that bears no keys.
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits for moderators, oldest first."""

    waiting: int
    #: The oldest of them; the mail does not name thousands.
    posts: tuple[Waiting, ...]
    #: The first of them expires then.
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision that somebody has taken before."""

    #: The subject of a post, or the command of a request.
    what: str
    decision: Literal["approved", "rejected", "discarded", "spam", "expired", "other"]
    by: str
    at: datetime
    how: Literal["mail", "web", "api", "cli", "clock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a moderator's answer has done."""

    decision: Literal["approved", "rejected", "discarded", "spam"]
    author: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDecision:
    """What became of a post; `words` are the moderator's note."""

    subject: str
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLarge:
    """A post that a moderator found too large."""

    subject: str
    size: Size
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedText:
    """A text as a moderator has edited it, with its subject."""

    heading: str | Text
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiredPost:
    """A post that nobody decided about in time."""

    subject: str
    received_at: datetime
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldNote:
    """An author's post waits."""

    subject: str
    why: str | Text
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicsWanted:
    """A post waits until its author has said what it is about."""

    subject: str
    key: str
    #: Name and title of each topic.
    topics: tuple[str, ...]
    until: datetime


_REJECTED = PostDecision(
    subject="Minutes of the meeting", words="Please send it to the staff list."
)
_POSTS = (
    Waiting(
        author="x@y.example",
        subject="A job offer",
        size=Size(5120),
        received_at=_HELD_AT,
        key=_KEY,
    ),
    Waiting(
        author="zoë@b.example",
        subject="Réunion de jeudi",
        size=Size(1_240_000),
        received_at=_HELD_AT,
        key=_KEY[::-1],
    ),
)

MODERATE = Notice(
    name="moderate",
    about="A post waits for a moderator; it is attached, and answers decide.",
    audience=Audience.MODERATORS,
    subject=N_("To decide for %(list)s: %(subject)s [%(key)s]"),
    to_commands=True,
    html=True,
    sample=HeldPost(
        author="zoë@b.example",
        subject="Réunion de jeudi",
        size=Size(1_240_000),
        received_at=_HELD_AT,
        why=Text("Only members may post to this list."),
        key=_KEY,
        waiting=3,
        until=_UNTIL,
    ),
)
MODERATION_REMINDER = Notice(
    name="moderation_reminder",
    about="Posts have waited longer than `moderation_reminder` hours.",
    audience=Audience.MODERATORS,
    subject=N_("Reminder: messages to %(list)s still wait for you"),
    html=True,
    sample=Queue(
        waiting=14,
        posts=tuple(replace(post, key="") for post in _POSTS),
        until=_UNTIL,
    ),
)
MODERATION_DIGEST = Notice(
    name="moderation_digest",
    about="All that waits on a list, for moderators who want one mail.",
    audience=Audience.MODERATORS,
    subject=N_("What waits for the moderators of %(list)s"),
    html=True,
    sample=Queue(waiting=2, posts=_POSTS, until=_UNTIL),
)
ALREADY_DECIDED = Notice(
    name="already_decided",
    about="A moderator or owner answers what somebody else has decided before.",
    audience=Audience.PERSON,
    subject=N_("Already decided: %(what)s"),
    answers=True,
    sample=Decided(
        what="A job offer",
        decision="rejected",
        by="mod@a.example",
        at=_HELD_AT,
        how="web",
    ),
)
MESSAGE_REPORT = Notice(
    name="message_report",
    about="A moderator's answer by mail has been carried out.",
    audience=Audience.PERSON,
    subject=N_("Done: %(subject)s"),
    answers=True,
    sample=Done(decision="approved", author="x@y.example", subject="A job offer"),
)
HELD_NOTICE = Notice(
    name="held_notice",
    about="The author's post waits for a moderator.",
    audience=Audience.AUTHOR,
    subject=N_("Your message to %(list)s waits for a moderator"),
    status="2.3.0",
    sample=HeldNote(
        subject="Minutes of the meeting",
        why=Text("Only members may post to this list."),
        until=_UNTIL,
    ),
)
APPROVED = Notice(
    name="approved",
    about="A moderator has let the author's post through.",
    audience=Audience.AUTHOR,
    subject=N_("Your message to %(list)s has been sent to the list"),
    status="2.1.5",
    sample=PostDecision(subject="Minutes of the meeting"),
)
REJECTED = Notice(
    name="rejected",
    about="A moderator has rejected the author's post, with a note or without.",
    audience=Audience.AUTHOR,
    subject=N_("Your message to %(list)s has been rejected"),
    answers=True,
    sample=_REJECTED,
)
REJECT_OFFTOPIC = Notice(
    name="reject_offtopic",
    about="Rejected: it is not what the list is about.",
    audience=Audience.AUTHOR,
    subject=N_("Your message to %(list)s is not about the list's subject"),
    answers=True,
    sample=_REJECTED,
)
REJECT_HTML = Notice(
    name="reject_html",
    about="Rejected: the list takes plain text.",
    audience=Audience.AUTHOR,
    subject=N_("Please send your message to %(list)s as plain text"),
    answers=True,
    sample=_REJECTED,
)
REJECT_TOO_LARGE = Notice(
    name="reject_too_large",
    about="Rejected: it is larger than the moderators want.",
    audience=Audience.AUTHOR,
    subject=N_("Your message to %(list)s is too large"),
    answers=True,
    sample=TooLarge(subject="Photos of the trip", size=Size(4_800_000)),
)
REJECT_PRIVATE = Notice(
    name="reject_private",
    about="Rejected: it looks like a letter to one person.",
    audience=Audience.AUTHOR,
    subject=N_("Your message to %(list)s looks like a private one"),
    answers=True,
    sample=_REJECTED,
)
REJECT_EDITED = Notice(
    name="reject_edited",
    about="Rejected, in a text that the moderator has edited.",
    audience=Audience.AUTHOR,
    subject=N_("%(heading)s"),
    answers=True,
    sample=EditedText(
        heading="About your photos of the trip",
        words="Dear Ann,\n\nyour photos are too large for the list. Could you put them"
        " on the wiki?",
    ),
)
EXPIRED_HELD = Notice(
    name="expired_held",
    about="Nobody decided about the author's post in time.",
    audience=Audience.AUTHOR,
    answers=True,
    subject=N_("Your message to %(list)s has expired"),
    sample=ExpiredPost(subject="Minutes of the meeting", received_at=_HELD_AT, days=30),
)
REQUEST_TOPIC = Notice(
    name="request_topic",
    about="The list wants its posts to bear topics, and this one bears none.",
    audience=Audience.AUTHOR,
    subject=N_("What is your message to %(list)s about? [%(key)s]"),
    answers=True,
    to_commands=True,
    sample=TopicsWanted(
        subject="Minutes of the meeting",
        key=_KEY,
        topics=("exams: Exams and marks", "sports: Sports"),
        until=_UNTIL,
    ),
)

#: What a moderator may choose for an author: by name; None tells them nothing.
REJECTIONS: dict[str, Notice[PostDecision] | Notice[TooLarge] | None] = {
    "reject": REJECTED,
    "reject_quiet": None,
    "reject_offtopic": REJECT_OFFTOPIC,
    "reject_html": REJECT_HTML,
    "reject_too_large": REJECT_TOO_LARGE,
    "reject_private": REJECT_PRIVATE,
}
