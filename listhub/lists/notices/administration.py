"""Administration: lists that come and go, and who is in charge of them."""

from dataclasses import dataclass
from typing import Literal

from listhub.i18n.text import N_
from listhub.lists.notices.notice import Audience, Notice

_KEY = "9f86d081884c7d659a2feaa0c55ad015"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What somebody has become, or is no more."""

    role: Literal["owner", "moderator", "listmaster"]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewList:
    """A list that somebody has made or asks for; its name is that of the place."""

    by: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """A list that waits for a listmaster."""

    #: Its address, as asked for.
    address: str
    by: str
    about: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRefusal:
    """A list that will not be."""

    address: str
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRenaming:
    """A list that is to have another address."""

    before: str
    after: str
    by: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListClosed:
    """A list that was closed, and how many members it had."""

    by: str
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyClosed:
    """A list that was closed with its family, or no longer fits in it."""

    family: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerAddress:
    """An owner's address that is another one now."""

    before: str
    after: str


ADDED_AS_LISTADMIN = Notice(
    name="added_as_listadmin",
    about="Somebody has become an owner, a moderator or a listmaster.",
    audience=Audience.PERSON,
    subject=N_("A new task for you at %(domain)s"),
    sample=Office(role="moderator", by="owner@a.example"),
)
REMOVED_AS_LISTADMIN = Notice(
    name="removed_as_listadmin",
    about="Somebody is no longer an owner, a moderator or a listmaster.",
    audience=Audience.PERSON,
    subject=N_("One task less for you at %(domain)s"),
    sample=Office(role="owner", by="listmaster@lists.example"),
)
LIST_CREATED = Notice(
    name="list_created",
    about="A list is open; its owners are told.",
    audience=Audience.OWNERS,
    subject=N_("Your list %(list)s is ready"),
    sample=NewList(by="ann@a.example", about="The campus network"),
)
NEW_LIST = Notice(
    name="new_list",
    about="A list was made; the listmasters are told.",
    audience=Audience.LISTMASTERS,
    subject=N_("New list: %(list)s"),
    sample=NewList(by="ann@a.example", about="The campus network"),
)
REQUEST_LIST_CREATION = Notice(
    name="request_list_creation",
    about="Somebody asks for a new list.",
    audience=Audience.LISTMASTERS,
    subject=N_("Asked for: the list %(address)s [%(key)s]"),
    to_commands=True,
    sample=ListRequest(
        address="net@lists.example",
        by="ann@a.example",
        about="The campus network",
        key=_KEY,
    ),
)
REQUEST_LIST_RENAMING = Notice(
    name="request_list_renaming",
    about="Somebody asks for another name of a list.",
    audience=Audience.LISTMASTERS,
    subject=N_("Asked for: another name of %(before)s [%(key)s]"),
    to_commands=True,
    sample=ListRenaming(
        before="net@lists.example",
        after="network@lists.example",
        by="ann@a.example",
        key=_KEY,
    ),
)
LIST_REJECTED = Notice(
    name="list_rejected",
    about="The listmasters have turned down a list.",
    audience=Audience.PERSON,
    subject=N_("Your list %(address)s has been turned down"),
    sample=ListRefusal(
        address="net@lists.example", words="There is a list about this already."
    ),
)
LIST_CLOSED = Notice(
    name="list_closed",
    about="A list has been closed.",
    audience=Audience.OWNERS,
    subject=N_("The list %(list)s is closed"),
    sample=ListClosed(by="listmaster@lists.example", members=412),
)
LIST_CLOSED_FAMILY = Notice(
    name="list_closed_family",
    about="A list has been closed with its family.",
    audience=Audience.OWNERS,
    subject=N_("The list %(list)s is closed with its family"),
    sample=FamilyClosed(family="courses-2026"),
)
LISTOWNER_EMAIL_CHANGED = Notice(
    name="listowner_email_changed",
    about="An owner's address is another one now.",
    audience=Audience.LISTMASTERS,
    subject=N_("An owner has a new address: %(after)s"),
    sample=OwnerAddress(before="ann@a.example", after="ann@b.example"),
)
