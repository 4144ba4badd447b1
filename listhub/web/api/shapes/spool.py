"""Rooms, items and orders, as programs of operators see them."""

import uuid
from datetime import timedelta
from typing import Literal

from pydantic import Field

from listhub.lists import posting
from listhub.spool.chosen import Filter
from listhub.spool.meanwhile import Outcome
from listhub.spool.orders import MOST
from listhub.web.api.call import Call
from listhub.web.api.shape import (
    LARGEST,
    Answer,
    Body,
    Count,
    Moment,
    Number,
    Octets,
    Paged,
    Seconds,
    Taken,
    Trace,
    WithMark,
)

_DECADE = 10 * 365 * 86400


_NO_LIST = -1


State = Literal["ready", "leased", "deferred", "parked", "held", "buried"]


class Chosen(Taken):
    """Which items; what is left out does not matter."""

    stage: str | None = Field(None, max_length=60)
    state: State | None = None
    list: str | None = Field(None, max_length=320)
    """The address of a list."""

    domain: str | None = Field(None, max_length=255)
    sender: str | None = Field(None, max_length=320)
    recipient: str | None = Field(None, max_length=320)
    text: str | None = Field(None, max_length=200)
    """Part of what is noted with it."""

    trace: uuid.UUID | None = None
    error: str | None = Field(None, max_length=500)
    """Of what is buried: the group, as failures name it."""

    attempts: int | None = Field(None, ge=0, le=10_000)
    """At least so many."""

    older: int | None = Field(None, ge=0, le=_DECADE)
    """In the spool for more than so many seconds."""

    younger: int | None = Field(None, ge=0, le=_DECADE)
    """In the spool for less than so many seconds."""

    upto: int | None = Field(None, ge=1, le=LARGEST)
    """Up to this number: what comes later is not meant."""

    after: int | None = Field(None, ge=1, le=LARGEST)
    """Behind this number: where an order goes on."""

    def filter(self, call: Call) -> Filter:
        """Return what is meant; a list that is not here means nothing at all."""
        row = posting.find_named(call.conn, self.list) if self.list else None
        given = self.model_dump(
            include=Chosen.model_fields.keys() - {"list", "older", "younger"}
        )
        return Filter(
            **given,
            list_id=(row.id if row else _NO_LIST) if self.list else None,
            older=None if self.older is None else timedelta(seconds=self.older),
            younger=None if self.younger is None else timedelta(seconds=self.younger),
        )


class ItemsWanted(Paged, Chosen):
    """Which items."""


class RoomShape(Answer):
    """One stage's room."""

    stage: str = Field(examples=["distribute"])
    oldest: Seconds | None
    """For how long the first one has waited."""

    ready: Count
    leased: Count
    """In work."""

    deferred: Count
    parked: Count
    held: Count
    buried: Count
    most_attempts: Count
    settled_minute: Count
    """Ended in the last minute."""

    settled_hour: Count


class ItemRow(Answer):
    """An item that waits."""

    id: Number
    stage: str = Field(examples=["distribute"])
    state: State
    priority: int
    due_at: Moment | None
    lease_until: Moment | None
    owner: str | None
    """The process that has it in work."""

    attempts: Count
    list: str | None
    size: Octets | None
    trace: Trace
    message_id: str | None
    reverse_path: str | None
    """"": the null reverse-path (RFC 5321)."""

    recipient: str | None
    reason: str | None
    error: str | None
    created_at: Moment
    since: Moment
    """In this state since."""


class EnvelopeShape(Answer):
    """What of an item can be edited."""

    recipient: str | None
    reverse_path: str | None
    priority: int


class Way(Answer):
    """One thing that happened to the message."""

    at: Moment
    host: str
    text: str = Field(examples=["distribute: done"])


class Item(WithMark):
    """All that is known of an item, but not what its mail says."""

    id: Number
    stage: str = Field(examples=["distribute"])
    waits: bool
    """Whether it is still in its room."""

    state: State | None
    verdict: str | None = Field(examples=[None])
    """How it ended."""

    attempts: Count
    trace: Trace
    message_id: str | None
    envelope: EnvelopeShape
    error: str
    traceback: str
    created_at: Moment
    way: list[Way]
    """From intake on."""

    list: str | None


class EnvelopeBody(Body):
    """What of the envelope is to be otherwise; what is left out stays."""

    recipient: str | None = Field(None, max_length=320)
    """One of ours, for the same stage; its list comes along."""

    reverse_path: str | None = Field(None, max_length=320)
    priority: int | None = Field(None, ge=0, le=9, examples=[5])


class AskedItem(Taken):
    """An item, and the state in which it was seen."""

    item: int = Field(ge=1, le=LARGEST, examples=[1])
    expected: State | None = None
    """It is left as it is if it is in another one by now."""


class OrderBody(Body):
    """What is to be done with which items."""

    action: Literal["hold", "release", "retry", "drop"] = Field(examples=["hold"])
    items: list[AskedItem] | None = Field(None, min_length=1, max_length=MOST)
    """One by one."""

    filter: Chosen | None = Field(None, examples=[{"stage": "distribute"}])
    """Or the first of all that this means; `after` of the answer goes on."""

    note: str = Field("", max_length=500)
    """Why, for the audit."""

    force: bool = False
    """Take it away from the worker that has it."""


class Change(Answer):
    """What the order came to for one item."""

    item: Number
    changed: bool
    outcome: Outcome
    sentence: str = Field(examples=["Item 1 is held."])
    state: str | None = Field(examples=["held"])


class Carried(Answer):
    """What an order came to, item by item."""

    changes: list[Change]
    after: Number | None
    """Where the next call goes on; null: that was all."""


class Failures(Answer):
    """Buried items of one stage with one error."""

    stage: str = Field(examples=["distribute"])
    error: str = Field(examples=["ValueError: no"])
    items: Count
    lists: Count
    attempts: Count
    first: Moment
    last: Moment
    newest: Number
    """The number of the last one: orders go up to it."""

    example: str
    """One of the errors, whole."""
