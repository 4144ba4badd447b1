"""What a moderator has chosen to see: the fields of the queue's address and back."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Literal, cast, get_args

from listhub.lists.moderation.choosing import Claim, Filter, Like, Spam, Trait
from listhub.lists.moderation.queue import Sort
from listhub.web.door.asked import Asked

#: Of `kind`: posts, or everything that is asked for by command.
Kind = Literal["post", "request"]
REQUESTS = ("subscribe", "signoff", "add", "del", "invite", "create_list")

_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The fields as they stand in the address; "" is no matter."""

    q: str = ""
    sender: str = ""
    kind: str = ""
    spam: str = ""
    #: Waits for more than so many days.
    older: int = 0
    #: Is larger than so many kilobytes.
    larger: int = 0
    attachment: str = ""
    claim: str = ""
    #: trait:value
    like: str = ""
    sort: str = "oldest"

    @property
    def query(self) -> dict[str, object]:
        """Return what goes into an address; what is as usual is left out."""
        usual = Choice()
        return {
            field.name: value
            for field in fields(self)
            if (value := getattr(self, field.name)) != getattr(usual, field.name)
        }

    @property
    def narrows(self) -> bool:
        """Whether anything but the order is chosen."""
        return bool(self.query.keys() - {"sort"})

    @property
    def order(self) -> Sort:
        """The order of the page."""
        return cast("Sort", self.sort)

    def filter(self, lists: tuple[int, ...] = ()) -> Filter:
        """Return what is meant, of these lists or of all."""
        trait, _, value = self.like.partition(":")
        like = Like(trait=cast("Trait", trait), value=value) if self.like else None
        kinds = {"post": ("post",), "request": REQUESTS}
        return Filter(
            lists=lists,
            kinds=kinds.get(self.kind, ()),
            sender=self.sender,
            subject=self.q,
            older=timedelta(days=self.older) if self.older else None,
            spam=cast("Spam", self.spam) if self.spam else None,
            smallest=self.larger * 1000 if self.larger else None,
            attachment={"yes": True, "no": False}.get(self.attachment),
            claim=cast("Claim", self.claim) if self.claim else None,
            like=like,
        )


#: What each field may be; anything else is no matter.
_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "kind": get_args(Kind),
    "spam": get_args(Spam),
    "attachment": ("yes", "no"),
    "claim": get_args(Claim),
    "sort": get_args(Sort),
}


def read(asked: Asked) -> Choice:
    """Return what an address or a form chooses; what cannot be is left out."""
    found: dict[str, str] = {}
    for name, allowed in _ALLOWED.items():
        if (value := asked.one(name)) in allowed:
            found[name] = value
    like = asked.one("like")[:1000]
    if like.partition(":")[0] not in get_args(Trait):
        like = ""
    return Choice(
        q=asked.one("q")[:_LONGEST].strip(),
        sender=asked.one("sender")[:_LONGEST].strip(),
        older=min(asked.number("older"), 3650),
        larger=min(asked.number("larger"), 1_000_000),
        like=like,
        **found,
    )
