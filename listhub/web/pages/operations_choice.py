"""Which items an operator means: the fields of the spool's address, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from listhub.lists import posting
from listhub.spool.chosen import STATES, Filter
from listhub.spool.orders import Asked as AskedItem
from listhub.web.door.asked import Asked

_LONGEST = 300

#: Of numbers in fields: attempts, and minutes of ten years.
_MOST_ATTEMPTS, _MOST_MINUTES = 1000, 5_256_000

#: No list has it: what is not here finds nothing.
_NO_LIST = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The fields as they stand in the address; "", 0 and None are no matter."""

    stage: str = ""
    state: str = ""
    list: str = ""
    domain: str = ""
    sender: str = ""
    recipient: str = ""
    text: str = ""
    trace: str = ""
    #: Of what is buried: the group; "" is the group without an error.
    error: str | None = None
    attempts: int = 0
    #: Minutes.
    older: int = 0
    younger: int = 0
    #: Items up to this number, and behind that one: what an order goes on with.
    upto: int = 0
    after: int = 0

    @property
    def query(self) -> dict[str, object]:
        """Return what goes into an address; the stage is part of the path."""
        fields = {
            name: getattr(self, name) or None
            for name in self.__slots__
            if name not in {"stage", "error", "upto", "after"}
        }
        return {**fields, "error": None if self.error is None else (self.error,)}

    @property
    def whole_query(self) -> dict[str, object]:
        """Return all of it, for the page that asks whether it is meant."""
        more = {"stage": self.stage, "upto": self.upto, "after_item": self.after}
        return {**self.query, **{name: value or None for name, value in more.items()}}

    @property
    def narrows(self) -> bool:
        """Whether anything is chosen but the room."""
        return any(value is not None for value in self.query.values())

    def filter(self, conn: "psycopg.Connection[Any]") -> Filter:
        """Return what is meant; a list that is not here means nothing at all."""
        row = posting.find_named(conn, self.list) if self.list else None
        return Filter(
            stage=self.stage or None,
            state=self.state or None,
            list_id=(row.id if row else _NO_LIST) if self.list else None,
            domain=self.domain or None,
            trace=UUID(self.trace) if self.trace else None,
            recipient=self.recipient or None,
            sender=self.sender or None,
            error=self.error,
            text=self.text or None,
            attempts=self.attempts or None,
            older=timedelta(minutes=self.older) if self.older else None,
            younger=timedelta(minutes=self.younger) if self.younger else None,
            upto=self.upto or None,
            after=self.after or None,
        )


def read(asked: Asked, *, stage: str = "") -> Choice:
    """Return what an address or a form chooses; what cannot be is left out."""
    texts = {
        name: asked.one(name)[:_LONGEST].strip()
        for name in ("list", "domain", "sender", "recipient", "text")
    }
    error = asked.all("error")
    state = asked.one("state")
    return Choice(
        **texts,
        stage=stage or asked.one("stage")[:_LONGEST],
        state=state if state in STATES else "",
        trace=_trace(asked.one("trace")),
        error=error[-1][:_LONGEST] if error else None,
        attempts=min(asked.number("attempts"), _MOST_ATTEMPTS),
        older=min(asked.number("older"), _MOST_MINUTES),
        younger=min(asked.number("younger"), _MOST_MINUTES),
        upto=asked.number("upto"),
        after=asked.number("after_item"),
    )


def items(asked: Asked) -> tuple[AskedItem, ...]:
    """Return the items that were ticked, each with the state in which it was seen."""
    found: dict[int, AskedItem] = {}
    for text in asked.all("item"):
        number, _, state = text.partition(":")
        if number.isascii() and number.isdigit() and len(number) <= 18:
            expected = state if state in STATES else None
            found[int(number)] = AskedItem(item=int(number), expected=expected)
    return tuple(found.values())


def ticked(asked: tuple[AskedItem, ...]) -> Mapping[str, object]:
    """Return items as fields of an address."""
    return {
        "item": tuple(
            f"{one.item}:{one.expected}" if one.expected else str(one.item)
            for one in asked
        )
    }


def _trace(text: str) -> str:
    try:
        return str(UUID(text.strip()))
    except ValueError:
        return ""


def moment(text: str) -> datetime | None:
    """Return a time that a field gives (UTC), None for none."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
