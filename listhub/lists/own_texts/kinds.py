"""Which texts there are to be written, in the order in which owners want to see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from listhub.i18n.languages import LANGUAGES
from listhub.i18n.text import N_
from listhub.lists.notices.catalogue import NOTICES
from listhub.lists.notices.notice import Audience, Notice
from listhub.lists.said import SaidError

Group = Literal["posts", "members", "moderation", "others"]
Form = Literal["text", "html", "mime"]

NO_TEXT = N_("There is no such text to be written.")

GROUPS: Mapping[Group, str] = MappingProxyType(
    {
        "posts": N_("Around each post"),
        "members": N_("Members come and go"),
        "moderation": N_("Posts that are held or rejected"),
        "others": N_("Other mail"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One text: what it is for, and the notice whose words it stands for, if any."""

    name: str
    title: str  #: marked for translation
    about: str  #: the same; of other mail, a sentence in English
    group: Group
    notice: Notice[Any] | None = None
    #: The levels that have it.
    of_domain_only: bool = False

    @property
    def forms(self) -> tuple[Form, ...]:
        """Text and HTML of a mail; a text or a whole MIME part around posts."""
        return ("text", "html") if self.notice else ("text", "mime")

    @property
    def languages(self) -> tuple[str, ...]:
        """For whom it can be written: "" everybody, or readers of one language."""
        return ("", *LANGUAGES) if self.notice else ("",)

    def path(self, *, language: str = "", form: Form = "text") -> str:
        """Return the path of its file; SaidError for a form that it does not have."""
        if form not in self.forms or language not in self.languages:
            raise SaidError(NO_TEXT)
        suffix = "" if form == "text" else f".{form}"
        if self.notice is None:
            return f"{self.name}{suffix}"
        folder = f"mail_tt2/{language}" if language else "mail_tt2"
        return f"{folder}/{self.name}{suffix}"

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all its files."""
        return tuple(
            self.path(language=language, form=form)
            for language in self.languages
            for form in self.forms
        )


_AROUND = (
    Kind(
        name="message_footer",
        title=N_("Footer"),
        about=N_("Stands below each post: what the list is, how to leave it."),
        group="posts",
    ),
    Kind(
        name="message_header",
        title=N_("Header"),
        about=N_("Stands above each post."),
        group="posts",
    ),
    Kind(
        name="message_global_footer",
        title=N_("Common footer"),
        about=N_("Stands below the posts of all lists of the domain."),
        group="posts",
        of_domain_only=True,
    ),
)
#: The mail that owners care for most, with titles of their own.
_TITLES: Mapping[str, tuple[Group, str, str]] = {
    "welcome": (
        "members",
        N_("Welcome"),
        N_("Greets who has subscribed."),
    ),
    "added": (
        "members",
        N_("Welcome to who was added"),
        N_("Greets who was made a member by an owner."),
    ),
    "bye": (
        "members",
        N_("Good-bye"),
        N_("Goes to who has left."),
    ),
    "removed": (
        "members",
        N_("Good-bye to who was removed"),
        N_("Goes to who was removed by an owner."),
    ),
    "invite": (
        "members",
        N_("Invitation"),
        N_("Invites somebody to become a member."),
    ),
    "remind": (
        "members",
        N_("Reminder"),
        N_("Reminds members that they are members."),
    ),
    "rejected": (
        "moderation",
        N_("Rejection"),
        N_("Tells an author that a post was rejected."),
    ),
    "reject_offtopic": (
        "moderation",
        N_("Rejection: off the topic"),
        N_("Tells an author that a post is not about what the list is for."),
    ),
    "reject_html": (
        "moderation",
        N_("Rejection: HTML"),
        N_("Tells an author to write plain text."),
    ),
    "reject_too_large": (
        "moderation",
        N_("Rejection: too large"),
        N_("Tells an author that a post is too large."),
    ),
    "reject_private": (
        "moderation",
        N_("Rejection: members only"),
        N_("Tells an author that only members may post."),
    ),
    "held_notice": (
        "moderation",
        N_("Post held"),
        N_("Tells an author that a post waits for a moderator."),
    ),
    "approved": (
        "moderation",
        N_("Post approved"),
        N_("Tells an author that a moderator let a post through."),
    ),
    "message_report": (
        "moderation",
        N_("Post refused"),
        N_("Tells an author why the list takes no such post."),
    ),
}
#: Mail to listmasters is not the owners' to write.
_OWNERS = (Audience.AUTHOR, Audience.PERSON, Audience.OWNERS, Audience.MODERATORS)


def _kind(notice: Notice[Any]) -> Kind:
    group, title, about = _TITLES.get(
        notice.name, ("others", notice.name, notice.about)
    )
    return Kind(name=notice.name, title=title, about=about, group=group, notice=notice)


def _table() -> tuple[Kind, ...]:
    mail = {
        notice.name: _kind(notice)
        for notice in NOTICES
        if notice.audience in _OWNERS and not notice.part
    }
    first = [mail.pop(name) for name in _TITLES if name in mail]
    return (*_AROUND, *first, *mail.values())


KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _table()})


def kind(name: str) -> Kind:
    """Return the text of that name; SaidError if there is none."""
    found = KINDS.get(name)
    if found is None:
        raise SaidError(NO_TEXT)
    return found
