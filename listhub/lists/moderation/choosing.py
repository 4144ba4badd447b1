"""Choosing: which of the requests that somebody may decide are meant.

A filter can be shown as a page, counted, grouped, and decided as a whole: the same
condition each time.  To add one: a field of `Filter` and its line in `_CONDITIONS`.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from listhub.lists.moderation.reach import Reach
from listhub.mail.address import key

#: What may be alike in posts: who sent them, what they are called, who handed them over.
Trait = Literal["sender", "subject", "relay"]
Spam = Literal["spam", "unsure", "ham", "unchecked"]
Claim = Literal["free", "claimed"]

#: The column of each trait.
TRAITS: Mapping[Trait, str] = {
    "sender": "author_key",
    "subject": "stem",
    "relay": "relay",
}
_MOST_WORDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Like:
    """All posts that have one trait in common; values are those of `likes.Group`."""

    trait: Trait
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which requests; what is left out does not matter."""

    #: Only of these lists, by number.
    lists: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    #: A part of the address of whoever asked or is asked for.
    sender: str = ""
    #: Words of the subject, or of the command; all of them, in any order.
    subject: str = ""
    #: Came longer ago than this.
    older: timedelta | None = None
    #: Came less long ago than this.
    newer: timedelta | None = None
    spam: Spam | None = None
    #: Octets, both included.
    smallest: int | None = None
    largest: int | None = None
    attachment: bool | None = None
    claim: Claim | None = None
    #: Whether somebody's decision about it is on its way.
    pending: bool | None = None
    like: Like | None = None

    @property
    def condition(self) -> str:
        """The condition, "true" where everything is meant."""
        used = [sql for sql, _ in self._used()]
        return " AND ".join(used) or "true"

    @property
    def values(self) -> dict[str, object]:
        """The values that the condition names."""
        return dict(pair for _, pair in self._used())

    def written(self) -> dict[str, Any]:
        """Return what is chosen as JSON has it, for the record."""
        chosen = dataclasses.asdict(self)
        return {
            name: value.total_seconds() if isinstance(value, timedelta) else value
            for name, value in chosen.items()
            if value not in (None, "", ())
        }

    def _used(self) -> list[tuple[str, tuple[str, object]]]:
        found = []
        for name, (sql, read) in _CONDITIONS.items():
            value = getattr(self, name)
            if value in (None, "", ()):
                continue
            found.append((sql, (f"filter_{name}", read(value))))
        if self.like is not None:
            column = TRAITS[self.like.trait]
            condition = f"request.{column} = %(filter_like)s AND request.kind = 'post'"
            found.append((condition, ("filter_like", self.like.value)))
        return found


#: Everything that somebody may decide.
ALL = Filter()


def _words(text: str) -> list[str]:
    """Return the patterns of which each has to fit somewhere."""
    return [f"%{_literal(word)}%" for word in text.lower().split()[:_MOST_WORDS]]


def _literal(word: str) -> str:
    for special in "\\%_":
        word = word.replace(special, f"\\{special}")
    return word.replace("\0", "")


def _part(address: str) -> str:
    return f"%{_literal(key(address) if '@' in address else address.lower())}%"


_SENDER = (
    "(lower(request.author) LIKE %(filter_sender)s"
    " OR lower(request.person) LIKE %(filter_sender)s)"
)
_SUBJECT = (
    "lower(request.subject || ' ' || coalesce(request.detail->>'command', ''))"
    " LIKE ALL(%(filter_subject)s)"
)
_SPAM = (
    "request.kind = 'post' AND coalesce(request.spam, 'unchecked') = %(filter_spam)s"
)
# Not one look for each row: right after a large decision all of them are on their way.
_PENDING = (
    "(request.id IN (SELECT request_id FROM decision_request"
    " WHERE outcome = 'pending')) = %(filter_pending)s"
)
_CLAIMED = (
    "coalesce(request.claimed_until > clock_timestamp() AND"
    " request.claimed_by IS NOT NULL, false)"
)
_Read = Callable[[Any], object]

#: Of each field of a filter: what the database is asked, and with which value.
_CONDITIONS: Mapping[str, tuple[str, _Read]] = {
    "lists": ("request.list_id = ANY(%(filter_lists)s)", list),
    "kinds": ("request.kind = ANY(%(filter_kinds)s)", list),
    "sender": (_SENDER, _part),
    "subject": (_SUBJECT, _words),
    "older": ("request.created_at < now() - %(filter_older)s", timedelta.__pos__),
    "newer": ("request.created_at >= now() - %(filter_newer)s", timedelta.__pos__),
    "spam": (_SPAM, str),
    "smallest": ("request.size >= %(filter_smallest)s", int),
    "largest": ("request.size <= %(filter_largest)s", int),
    "attachment": (
        "coalesce(request.has_attachment, false) = %(filter_attachment)s",
        bool,
    ),
    "claim": (f"{_CLAIMED} = (%(filter_claim)s = 'claimed')", str),
    "pending": (_PENDING, bool),
}


def condition(reach: Reach, chosen: Filter) -> tuple[str, dict[str, object]]:
    """Return the condition of what is chosen of somebody's reach, and its values."""
    both = f"{reach.condition} AND {chosen.condition}"
    return both, {**reach.values, **chosen.values}
