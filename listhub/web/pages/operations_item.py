"""One item of the spool: its envelope, why it waits, its way so far, orders for it.

What somebody wrote is shown only to who asks for it by a form, and that is written down
in the audit: operators may look at mail, and its people may learn who did.
"""

import json
from typing import Any

from starlette.responses import Response

from listhub.errors import PermanentError, TemporaryError
from listhub.i18n.text import N_, Text
from listhub.lists import audit
from listhub.lists.operators import dossier, envelope
from listhub.lists.operators.dossier import Dossier
from listhub.lists.said import SaidError
from listhub.spool import browse, operator, orders
from listhub.spool.browse import Waiting
from listhub.spool.meanwhile import TAKES, Action
from listhub.spool.operator import Envelope
from listhub.spool.orders import Asked, Order
from listhub.web.door.answer import Answer, Moved, Refused, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages import operations_words
from listhub.web.pages.operations_frame import view
from listhub.web.pages.operations_spool import ACTIONS, NO_ORDER
from listhub.web.pages.operations_words import told

NOT_UNDERSTOOD = N_("This form is too old; open the item again. Nothing was changed.")
BUSY = N_("The item is being settled at this moment; try again. Nothing was changed.")

_LONGEST = 320


def show(visit: Visit) -> Answer:
    """Show all that is known of an item, but not what its mail says."""
    return _page(visit, _open(visit), with_text=False)


def show_text(visit: Visit) -> Answer:
    """Show the text of an item's mail too, and write down who looked at it."""
    found = _open(visit)
    _note(visit, found)
    return _page(visit, found, with_text=True)


def download(visit: Visit) -> Answer:
    """Give the mail as it is, and write down who took it."""
    found = _open(visit)
    raw = dossier.message(visit.conn, found.item)
    _note(visit, found)
    name = f"item-{found.item.id}.eml"
    # Never shown by the browser itself: it is a file to keep.
    return Response(
        raw,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def act(visit: Visit) -> Answer:
    """Carry an order out on the item, or change its envelope."""
    number = visit.asked.number_of("id")
    here = path("spool", "item", str(number))
    name = visit.asked.one("do")
    if name == "edit":
        return _edit(visit, number, here)
    action = next((each for each in ACTIONS if each == name), None)
    if action is None:
        raise Refused(400, Text(NO_ORDER))
    expected = visit.asked.one("expected") or None
    plan = Order(action=action, actor=visit.by, how="web")
    try:
        changes = orders.carry_out(
            visit.conn, plan, [Asked(item=number, expected=expected)], patient=True
        )
    except TemporaryError:
        return Moved(to=here, said=Text(BUSY), tone="note")
    said, tone = told(visit, action, changes, {number: expected})
    return Moved(to=here, said=said, tone=tone)


def _edit(visit: Visit, number: int, here: str) -> Answer:
    """Change the envelope, if it is still as the page showed it."""
    was = _envelope(visit.asked.one("was"))
    item = browse.item(visit.conn, number)
    if item is None:
        text = Text(operations_words.EDITED_BY_OTHERS, item=number)
        return Moved(to=here, said=text, tone="note")
    try:
        new = envelope.edit(
            visit.conn,
            item.stage,
            was,
            recipient=visit.asked.one("recipient")[:_LONGEST].strip(),
            reverse_path=visit.asked.one("reverse_path")[:_LONGEST].strip(),
            priority=visit.asked.number("priority", was.priority),
        )
        change = operator.edit(
            visit.conn, number, new, actor=visit.by, how="web", expected=was
        )
    except SaidError as error:
        return Moved(to=here, said=error.text, tone="bad")
    except TemporaryError:
        return Moved(to=here, said=Text(BUSY), tone="note")
    except PermanentError:
        text = Text(operations_words.EDITED_BY_OTHERS, item=number)
        return Moved(to=here, said=text, tone="note")
    if not change.changed:
        text = Text(operations_words.SAME, item=number)
        return Moved(to=here, said=text, tone="note")
    return Moved(to=here, said=Text(operations_words.EDITED, item=number))


def _page(visit: Visit, found: Dossier, *, with_text: bool) -> Answer:
    item = found.item
    waits = isinstance(item, Waiting)
    return view(
        visit,
        "spool_item.html.j2",
        found=found,
        item=item,
        waits=waits,
        actions=_actions(item.state) if isinstance(item, Waiting) else (),
        was=json.dumps([getattr(found.envelope, name) for name in Envelope.__slots__]),
        with_text=with_text,
        more=_facts(item.meta),
        here=path("spool", "item", str(item.id)),
    )


def _actions(state: str) -> tuple[Action, ...]:
    """Return the orders that are for an item in a state; one in work has force."""
    if state == "leased":
        return ()
    return tuple(action for action in ACTIONS if state in TAKES[action])


def _facts(meta: Any) -> tuple[tuple[str, str], ...]:
    """Return what intake and stages noted with an item, as texts."""
    return tuple(
        (str(name), value if isinstance(value, str) else json.dumps(value, default=str))
        for name, value in sorted(dict(meta or {}).items())
    )


def _open(visit: Visit) -> Dossier:
    found = dossier.open_item(visit.conn, visit.asked.number_of("id"))
    if found is None:
        raise no_page()
    return found


def _note(visit: Visit, found: Dossier) -> None:
    audit.note(
        visit.conn,
        actor=visit.by,
        action="message.look",
        subject=f"item {found.item.id}",
        list_id=found.item.list_id,
        detail={"how": "web", "stage": found.item.stage},
    )


def _envelope(text: str) -> Envelope:
    """Return the envelope that a form was made for; Refused for what is none."""
    try:
        recipient, list_id, reverse_path, priority = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise Refused(400, Text(NOT_UNDERSTOOD)) from None
    if not isinstance(priority, int):
        raise Refused(400, Text(NOT_UNDERSTOOD))
    return Envelope(
        recipient=recipient,
        list_id=list_id,
        reverse_path=reverse_path,
        priority=priority,
    )


PAGES = (
    Page(path="/spool/item/{id}", need=Need.SITE, get=show, post=act),
    Page(path="/spool/item/{id}/text", need=Need.SITE, post=show_text),
    Page(path="/spool/item/{id}/message", need=Need.SITE, post=download),
)
