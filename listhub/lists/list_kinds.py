"""Kinds of lists to begin with: what most lists are for, as a few settings each.

A kind is no tie: its settings are the new list's own, and changed like any others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from listhub.i18n.text import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKind:
    """A kind of list and what it sets; `title` and `about` are marked for translation."""

    name: str
    title: str
    about: str
    values: Mapping[str, object]


_TABLE = (
    # What is asked for most comes first, and is chosen unless something else is.
    ListKind(
        name="discussion",
        title=N_("Discussion"),
        about=N_(
            "Members write to each other; anybody may join; members read the archive."
        ),
        values={
            "send": "private",
            "subscribe": "open",
            "visibility": "noconceal",
            "archive_web_access": "private",
        },
    ),
    ListKind(
        name="group",
        title=N_("Closed group"),
        about=N_(
            "Only members write and read, owners let people in, strangers see nothing."
        ),
        values={
            "send": "private",
            "subscribe": "owner",
            "visibility": "conceal",
            "info": "private",
            "review": "private",
            "archive_web_access": "private",
        },
    ),
    ListKind(
        name="news",
        title=N_("News"),
        about=N_(
            "A few write, through moderators, and many read; answers go to the author."
        ),
        values={
            "send": "newsletter",
            "subscribe": "open",
            "visibility": "noconceal",
            "reply_to": "sender",
            "archive_web_access": "public",
        },
    ),
    ListKind(
        name="contact",
        title=N_("Contact address"),
        about=N_("Anybody writes, a team reads; the owners name the team."),
        values={
            "send": "public",
            "subscribe": "closed",
            "visibility": "conceal",
            "review": "private",
            "archive_web_access": "private",
        },
    ),
)

KINDS: Mapping[str, ListKind] = MappingProxyType({kind.name: kind for kind in _TABLE})
