"""What a notice is: its audience, its marks, its subject, and the values it needs."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from listhub.mail.address import parse_addr_spec

V = TypeVar("V")


class Audience(StrEnum):
    """Who is written to, which says as whom we write."""

    AUTHOR = "author"  #: of a post
    PERSON = "person"  #: a subscriber, or who sent a command
    MODERATORS = "moderators"
    OWNERS = "owners"
    LISTMASTERS = "listmasters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Generic[V]):
    """One kind of mail that the system writes; its words are in `templates/`."""

    name: str
    #: One sentence for those who run the site: when it is sent.
    about: str
    audience: Audience
    #: Marked with N_; %(names)s are fields of the values or of `Place`.
    subject: str
    #: What it looks like; its type is that of the values.
    sample: V
    #: RFC 3834 §5: an answer to a mail, or written without being asked.
    answers: bool = False
    #: Answers to it are commands: it bears a key in brackets in its subject.
    to_commands: bool = False
    #: RFC 3463: it is a report of delivery (RFC 3464) with this status.
    status: str = ""
    #: It has an HTML template beside the text.
    html: bool = False
    #: No mail of its own, but a part of the answer to commands.
    part: bool = False

    @property
    def auto_submitted(self) -> Literal["auto-generated", "auto-replied"]:
        return "auto-replied" if self.answers or self.status else "auto-generated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a notice comes from: a domain, and mostly one of its lists."""

    domain: str
    domain_id: int | None = None
    list_id: int | None = None
    #: "" where no list is meant.
    list: str = ""
    list_subject: str = ""
    #: The language for people who have not chosen one.
    language: str = "en"
    timezone: str = "UTC"
    #: The web UI's address, "" without one.
    web: str = ""
    #: The local part that takes commands.
    command: str = field(default="sympa", repr=False)

    @property
    def list_address(self) -> str:
        return f"{self.list}@{self.domain}" if self.list else ""

    @property
    def commands(self) -> str:
        """The address that takes commands."""
        return f"{self.command}@{self.domain}"

    @property
    def owners(self) -> str:
        """Where people reach the list's owners, or the listmasters without a list."""
        return f"{self.list}-request@{self.domain}" if self.list else self.listmasters

    @property
    def moderators(self) -> str:
        return f"{self.list}-editor@{self.domain}" if self.list else self.listmasters

    @property
    def listmasters(self) -> str:
        return f"listmaster@{self.domain}"

    def page(self, name: str) -> str:
        """Return the address of a page of the web UI about the list, "" without one."""
        if not self.web or parse_addr_spec(self.list_address) is None:
            return ""
        return f"{self.web.rstrip('/')}/{name}/{self.list_address}"


class Size(int):
    """A number of bytes, shown as people write it: 1.2 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """A notice that needs no values but those of its place."""
