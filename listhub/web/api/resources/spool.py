"""The spool: rooms, what waits in them, orders for it, failures in groups."""

import uuid
from datetime import timedelta
from typing import Any, Literal

from pydantic import Field
from starlette.responses import Response

from listhub.errors import PermanentError
from listhub.i18n.text import N_, Text
from listhub.lists import audit, posting
from listhub.lists.operators import dossier, envelope, rooms
from listhub.lists.said import SaidError
from listhub.spool import browse, buried, operator, orders, stats
from listhub.spool.chosen import Filter
from listhub.spool.meanwhile import Outcome
from listhub.spool.orders import MOST, Asked, Order
from listhub.stages.table import STAGES
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import (
    LARGEST,
    Answer,
    Body,
    Count,
    Done,
    Moment,
    Number,
    Octets,
    Paged,
    Rows,
    Seconds,
    Taken,
    Trace,
    WithMark,
)
from listhub.web.door.answer import Refused, no_page
from listhub.web.door.need import Need
from listhub.web.pages.operations_words import EDITED, EDITED_BY_OTHERS, SAME

WHICH = N_("Say which: `items` or `filter`, and not both.")

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


def find_rooms(call: Call) -> Rows[RoomShape]:
    """Find the rooms, with what waits in each."""
    names = [stage.name for stage in STAGES]
    return call.every(RoomShape, stats.rooms(call.conn, names))


def find(call: Call, query: ItemsWanted) -> Rows[ItemRow]:
    """Find what waits, the oldest first."""
    page = rooms.page(
        call.conn, query.filter(call), cursor=query.cursor, size=query.limit
    )
    return call.rows(ItemRow, page)


def show(call: Call) -> Item:
    """Tell all that is known of an item, waiting or ended."""
    found = _open(call)
    item, story = found.item, found.story
    waits = isinstance(item, browse.Waiting)
    names = ("id", "stage", "attempts", "list", "trace", "message_id", "created_at")
    return call.give(
        Item,
        {
            **{name: getattr(item, name) for name in names},
            "mark": _mark(found.envelope),
            "waits": waits,
            "state": getattr(item, "state", None),
            "verdict": getattr(item, "verdict", None),
            "envelope": found.envelope,
            "error": found.error,
            "traceback": found.traceback,
            "way": story.lines if story else (),
        },
    )


def edit(call: Call, body: EnvelopeBody) -> Done:
    """Change the envelope of an item that waits.

    If-Match takes the `mark` that was read.
    """
    number = call.asked.number_of("id")
    item = browse.item(call.conn, number)
    if item is None:
        raise no_page()
    was = envelope.of(item)
    call.must_match(_mark(was))
    new = envelope.edit(call.conn, item.stage, was, **body.model_dump())
    try:
        done = operator.edit(
            call.conn, number, new, actor=call.actor, how="api", expected=was
        )
    except SaidError:
        raise
    except PermanentError:
        raise Refused(409, Text(EDITED_BY_OTHERS, item=number)) from None
    return call.done(
        Text(EDITED if done.changed else SAME, item=number), changed=done.changed
    )


def message(call: Call) -> Response:
    """Give an item's mail as it is; who took it is written down."""
    found = _open(call)
    raw = dossier.message(call.conn, found.item)
    audit.note(
        call.conn,
        actor=call.actor,
        action="message.look",
        subject=f"item {found.item.id}",
        list_id=found.item.list_id,
        detail={"how": "api", "stage": found.item.stage},
    )
    return Response(raw, media_type="application/octet-stream")


def order(call: Call, body: OrderBody) -> Carried:
    """Carry an order out on items, with a result for each."""
    if (body.items is None) == (body.filter is None):
        raise SaidError(WHICH)
    plan = Order(
        action=body.action,
        actor=call.actor,
        how="api",
        note=body.note,
        force=body.force,
    )
    if body.filter is not None:
        bulk = orders.carry_out_on(call.conn, plan, body.filter.filter(call))
        return call.give(Carried, bulk)
    asked = {
        one.item: Asked(item=one.item, expected=one.expected)
        for one in body.items or ()
    }
    changes = orders.carry_out(call.conn, plan, asked.values())
    return call.give(Carried, {"changes": changes, "after": None})


def failures(call: Call) -> Rows[Failures]:
    """Find what is buried, grouped by stage and error, the largest group first."""
    return call.every(Failures, buried.groups(call.conn))


def _open(call: Call) -> dossier.Dossier:
    found = dossier.open_item(call.conn, call.asked.number_of("id"))
    if found is None:
        raise no_page()
    return found


def _mark(found: Any) -> str:
    """Return what is another one once the envelope is."""
    parts = (found.recipient, found.list_id, found.reverse_path, found.priority)
    return uuid.uuid5(uuid.NAMESPACE_OID, repr(parts)).hex[:16]


_ITEM = "/spool/items/{id}"

OPERATIONS = (
    Operation(
        method="GET",
        path="/spool/rooms",
        name="find_rooms",
        need=Need.SITE,
        rights="read",
        function=find_rooms,
    ),
    Operation(
        method="GET",
        path="/spool/items",
        name="find_items",
        need=Need.SITE,
        rights="read",
        function=find,
    ),
    Operation(
        method="GET",
        path=_ITEM,
        name="show_item",
        need=Need.SITE,
        rights="read",
        function=show,
    ),
    Operation(
        method="PATCH",
        path=f"{_ITEM}/envelope",
        name="edit_envelope",
        need=Need.SITE,
        rights="manage",
        function=edit,
        guarded=True,
    ),
    Operation(
        # It is written down who looked: so it is no GET.
        method="POST",
        path=f"{_ITEM}/message",
        name="fetch_item",
        need=Need.SITE,
        rights="manage",
        function=message,
        media_type="application/octet-stream",
    ),
    Operation(
        method="POST",
        path="/spool/orders",
        name="order_items",
        need=Need.SITE,
        rights="manage",
        function=order,
    ),
    Operation(
        method="GET",
        path="/spool/failures",
        name="find_failures",
        need=Need.SITE,
        rights="read",
        function=failures,
    ),
)
