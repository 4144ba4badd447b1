"""Answers to commands: one report for each mail, made of the parts below."""

from dataclasses import dataclass
from datetime import UTC, datetime

from listhub.i18n.text import N_, Text
from listhub.lists.notices.notice import Audience, Nothing, Notice, Size

_DAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one command came to."""

    command: str
    #: Sentences, or a part such as `review`, already in the reader's language.
    text: str | Text
    #: False: it was not done.
    done: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All commands of one mail."""

    results: tuple[Result, ...]
    #: The subject of the mail that held them.
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLine:
    """One list, in a few words."""

    address: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """The lists that the reader may see."""

    lists: tuple[ListLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What a list is about."""

    members: int
    owners_named: tuple[str, ...]
    #: The owners' own words, "" without any.
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The members that the reader may see, and how many are hidden."""

    members: tuple[str, ...]
    hidden: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One list that the reader is on, and how."""

    address: str
    reception: str
    concealed: bool
    suspended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Where the reader is a member, owner or moderator."""

    person: str
    member_of: tuple[Subscription, ...]
    owner_of: tuple[str, ...]
    moderator_of: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What went through a list."""

    posts: int
    copies: int
    received: Size
    sent: Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of an archive: 2026-11."""

    month: str
    posts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The months of an archive."""

    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """One post that waits."""

    author: str
    subject: str
    size: Size
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueReply:
    """What waits for moderators."""

    posts: tuple[QueueLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is known of a mail's sender."""

    sender: str
    method: str
    #: The names of the signatures that are good: DKIM of a.example.
    signatures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedPosts:
    """Posts from the archive, attached."""

    posts: int
    #: The month, "" for the last post.
    month: str = ""


COMMAND_REPORT = Notice(
    name="command_report",
    about="What became of the commands of one mail.",
    audience=Audience.PERSON,
    subject=N_("Your commands to %(domain)s"),
    answers=True,
    sample=Report(
        subject="subscribe dev",
        results=(
            Result(
                command="SUBSCRIBE dev",
                text="You are now a member of dev@lists.example.",
            ),
            Result(
                command="REVIEW staff",
                text="Only its owners may see the members of staff@lists.example.",
                done=False,
            ),
        ),
    ),
)
HELP = Notice(
    name="help",
    about="The answer to HELP.",
    audience=Audience.PERSON,
    subject=N_("The commands of %(domain)s"),
    answers=True,
    part=True,
    sample=Nothing(),
)
LISTS = Notice(
    name="lists",
    about="The answer to LISTS.",
    audience=Audience.PERSON,
    subject=N_("The lists of %(domain)s"),
    answers=True,
    part=True,
    sample=Lists(
        lists=(
            ListLine(address="dev@lists.example", about="The campus network"),
            ListLine(address="staff@lists.example", about=""),
        )
    ),
)
INFO = Notice(
    name="info",
    about="The answer to INFO.",
    audience=Audience.PERSON,
    subject=N_("About %(list)s"),
    answers=True,
    part=True,
    sample=Info(
        members=412,
        owners_named=("ann@a.example",),
        words="We talk about the kernel of the campus network.",
    ),
)
REVIEW = Notice(
    name="review",
    about="The answer to REVIEW.",
    audience=Audience.PERSON,
    subject=N_("The members of %(list)s"),
    answers=True,
    part=True,
    sample=Members(members=("ann@a.example", "bob@b.example"), hidden=3),
)
WHICH = Notice(
    name="which",
    about="The answer to WHICH.",
    audience=Audience.PERSON,
    subject=N_("Your subscriptions on %(domain)s"),
    answers=True,
    part=True,
    sample=Which(
        person="ann@a.example",
        member_of=(
            Subscription(
                address="dev@lists.example",
                reception="DIGEST",
                concealed=False,
                suspended=False,
            ),
            Subscription(
                address="staff@lists.example",
                reception="MAIL",
                concealed=True,
                suspended=True,
            ),
        ),
        owner_of=("dev@lists.example",),
        moderator_of=(),
    ),
)
STATS = Notice(
    name="stats",
    about="The answer to STATS.",
    audience=Audience.PERSON,
    subject=N_("Figures of %(list)s"),
    answers=True,
    part=True,
    sample=Stats(
        posts=1204, copies=498_112, received=Size(48 * 10**6), sent=Size(2 * 10**10)
    ),
)
INDEX = Notice(
    name="index",
    about="The answer to INDEX.",
    audience=Audience.PERSON,
    subject=N_("The archive of %(list)s"),
    answers=True,
    part=True,
    sample=Index(
        months=(Month(month="2026-10", posts=31), Month(month="2026-11", posts=1))
    ),
)
MODINDEX = Notice(
    name="modindex",
    about="The answer to MODINDEX.",
    audience=Audience.PERSON,
    subject=N_("What waits for the moderators of %(list)s"),
    answers=True,
    part=True,
    sample=QueueReply(
        posts=(
            QueueLine(
                author="x@y.example",
                subject="A job offer",
                size=Size(5120),
                received_at=_DAY,
            ),
        )
    ),
)
VERIFY = Notice(
    name="verify",
    about="The answer to VERIFY.",
    audience=Audience.PERSON,
    subject=N_("What is known of your mail's sender"),
    answers=True,
    part=True,
    sample=Proof(sender="ann@a.example", method="dkim", signatures=("DKIM a.example",)),
)
ARCHIVED = Notice(
    name="archived",
    about="The answer to GET and LAST; the posts are attached.",
    audience=Audience.PERSON,
    subject=N_("From the archive of %(list)s"),
    answers=True,
    sample=ArchivedPosts(posts=31, month="2026-10"),
)
