"""The spool: rooms, what waits in them, orders for it, failures in groups."""

import uuid
from typing import Any

from starlette.responses import Response

from listhub.errors import PermanentError
from listhub.i18n.text import N_, Text
from listhub.lists import audit
from listhub.lists.operators import dossier, envelope, rooms
from listhub.lists.said import SaidError
from listhub.spool import browse, buried, operator, orders, stats
from listhub.spool.orders import Asked, Order
from listhub.stages.table import STAGES
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import (
    Done,
    Rows,
)
from listhub.web.api.shapes.spool import (
    Carried,
    EnvelopeBody,
    Failures,
    Item,
    ItemRow,
    ItemsWanted,
    OrderBody,
    RoomShape,
)
from listhub.web.door.answer import Refused, no_page
from listhub.web.door.need import Need
from listhub.web.pages.operations_words import EDITED, EDITED_BY_OTHERS, SAME

WHICH = N_("Say which: `items` or `filter`, and not both.")


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
