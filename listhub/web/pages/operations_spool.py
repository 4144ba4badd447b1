"""The spool browser: what waits in the rooms, and orders for what is ticked or chosen.

An order carries the state that was seen, so a stale page changes nothing and is told
what happened meanwhile.  What cannot be undone, and all that is chosen at once, goes by
a page that names the number first.
"""

from dataclasses import replace
from typing import cast

from listhub.i18n.text import N_, Text
from listhub.lists.operators import rooms
from listhub.spool import browse, orders
from listhub.spool.meanwhile import Action
from listhub.spool.orders import FORCEABLE, Asked, Order
from listhub.stages.table import STAGES
from listhub.web.door.answer import Answer, Moved, Refused, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages import operations_choice
from listhub.web.pages.operations_choice import Choice
from listhub.web.pages.operations_frame import view
from listhub.web.pages.operations_words import told

#: What pages offer; `exhume` is `retry` for what is buried.
ACTIONS: tuple[Action, ...] = ("hold", "release", "retry", "drop")

NOTHING_TICKED = N_("Nothing was ticked; nothing was changed.")
NO_ORDER = N_("This is no order that items can be given; nothing was changed.")

#: Characters of a reason for dropping something.
_NOTE = 500

_NAMES = tuple(stage.name for stage in STAGES)


def show(visit: Visit) -> Answer:
    """Show a page of what waits, of all rooms or of one."""
    choice = _choice(visit)
    wanted = choice.filter(visit.conn)
    found = rooms.page(visit.conn, wanted, cursor=visit.asked.one("page"))
    return view(
        visit,
        "spool.html.j2",
        choice=choice,
        page=found,
        count=rooms.count(visit.conn, wanted),
        most=rooms.MOST,
        stages=_NAMES,
        to=lambda **more: _back(choice, **more),
    )


def order(visit: Visit) -> Answer:
    """Carry an order out on what is ticked, or ask first whether it is meant."""
    choice = _choice(visit)
    action = _action(visit)
    chosen = operations_choice.items(visit.asked)
    if visit.asked.one("whole"):
        return Moved(to=_sure(action, choice.whole_query))
    if not chosen:
        return Moved(to=_back(choice), said=Text(NOTHING_TICKED), tone="note")
    if action == "drop":
        query = {**choice.whole_query, **operations_choice.ticked(chosen)}
        return Moved(to=_sure(action, query))
    return _carry_out(visit, action, chosen, back=_back(choice))


def ask(visit: Visit) -> Answer:
    """Show how many items an order is about, and what it does."""
    choice, action = operations_choice.read(visit.asked), _action(visit)
    chosen = operations_choice.items(visit.asked)
    count, more = len(chosen), False
    if not chosen:
        wanted = choice.filter(visit.conn)
        last = browse.waiting(visit.conn, wanted, limit=1, backwards=True)
        # What comes while somebody thinks is not meant.
        choice = replace(choice, upto=choice.upto or (last[0].id if last else 0))
        whole = replace(wanted, upto=choice.upto or None)
        plan = Order(action=action, actor=visit.by)
        count = orders.count(visit.conn, plan, whole, most=rooms.MOST + 1)
        more = count > rooms.MOST
    seen = {one.expected for one in chosen} or {choice.state}
    return view(
        visit,
        "spool_order.html.j2",
        choice=choice,
        action=action,
        chosen=chosen,
        count=min(count, rooms.MOST),
        more=more,
        forceable=action in FORCEABLE and "leased" in seen,
        back=visit.back(_back(choice)),
    )


def carry_out(visit: Visit) -> Answer:
    """Carry out what was confirmed; of many, as much as one statement does."""
    choice, action = operations_choice.read(visit.asked), _action(visit)
    chosen = operations_choice.items(visit.asked)
    back = visit.back(_back(replace(choice, upto=0, after=0)))
    if chosen:
        return _carry_out(visit, action, chosen, back=back)
    bulk = orders.carry_out_on(
        visit.conn, _order(visit, action), choice.filter(visit.conn)
    )
    seen = dict.fromkeys((one.item for one in bulk.changes), choice.state or None)
    said, tone = told(visit, action, bulk.changes, seen)
    if bulk.after is not None:
        # Each piece is a commit of its own: whoever closes the window has done so much.
        rest = replace(choice, after=bulk.after)
        return Moved(to=_sure(action, rest.whole_query), said=said, tone="note")
    return Moved(to=back, said=said, tone=tone)


def _carry_out(
    visit: Visit, action: Action, chosen: tuple[Asked, ...], *, back: str
) -> Answer:
    changes = orders.carry_out(visit.conn, _order(visit, action), chosen)
    seen = {one.item: one.expected for one in chosen}
    said, tone = told(visit, action, changes, seen)
    return Moved(to=back, said=said, tone=tone)


def _order(visit: Visit, action: Action) -> Order:
    return Order(
        action=action,
        actor=visit.by,
        how="web",
        note=visit.asked.one("note")[:_NOTE].strip(),
        force=bool(visit.asked.one("force")),
    )


def _action(visit: Visit) -> Action:
    action = cast("Action", visit.asked.one("do"))
    if action not in ACTIONS:
        raise Refused(400, Text(NO_ORDER))
    return action


def _choice(visit: Visit) -> Choice:
    stage = visit.asked.params.get("stage", "")
    if stage and stage not in _NAMES:
        raise no_page()
    return operations_choice.read(visit.asked, stage=stage)


def _back(choice: Choice, **more: object) -> str:
    """Return the address of the same choice in the browser, with fields changed."""
    return path("spool", choice.stage, query={**choice.query, **more})


def _sure(action: Action, query: dict[str, object]) -> str:
    return path("spool", "order", query={"do": action, **query})


PAGES = (
    Page(path="/spool", need=Need.SITE, get=show, post=order),
    Page(path="/spool/order", need=Need.SITE, get=ask, post=carry_out),
    Page(path="/spool/{stage}", need=Need.SITE, get=show, post=order),
)
