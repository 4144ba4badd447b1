"""Close a list, or open it again: its address is typed, so nobody does it by a slip."""

import uuid

from listhub.i18n.text import N_, Text
from listhub.lists import closing, subscribing
from listhub.lists.greetings import Desk
from listhub.lists.said import SaidError
from listhub.spool import store
from listhub.web.door.answer import Answer, Moved, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages.settings_place import rank

CLOSED = N_("%(list)s is closed; its owners are told.")
CLOSED_BEFORE = N_("%(list)s was closed already.")
OPENED = N_("%(list)s is open again.")
OPEN_BEFORE = N_("%(list)s is open already.")
OTHER_NAME = N_("Nothing was done: type the list's address to confirm.")


def show(visit: Visit) -> Answer:
    """Ask whether it is meant, and say what it means."""
    return _page(visit)


def act(visit: Visit) -> Answer:
    """Close the list, or open it again, as the form said."""
    opens = visit.asked.one("do") == "open"
    row = visit.list
    if not opens and visit.asked.one("address").strip().lower() != row.address:
        return _page(visit, wrong=Text(OTHER_NAME), status=422)
    try:
        said, done = _open(visit) if opens else _close(visit)
    except SaidError as error:
        return _page(visit, problem=error.text, status=403)
    return Moved(
        to=path("close", row.address),
        said=Text(said, list=row.address),
        tone="well" if done else "note",
    )


def _close(visit: Visit) -> tuple[str, bool]:
    desk = Desk(conn=visit.conn, settings=visit.settings, trace=uuid.uuid4())
    items = closing.close(desk, visit.list, rank=rank(visit), actor=visit.by, how="web")
    if items is None:
        return CLOSED_BEFORE, False
    store.put(visit.conn, items)
    return CLOSED, True


def _open(visit: Visit) -> tuple[str, bool]:
    done = closing.reopen(
        visit.conn, visit.list, rank=rank(visit), actor=visit.by, how="web"
    )
    return (OPENED if done else OPEN_BEFORE), done


def _page(
    visit: Visit,
    *,
    wrong: Text | None = None,
    problem: Text | None = None,
    status: int = 200,
) -> View:
    return View(
        template="close_list.html.j2",
        values={
            "members": subscribing.count(visit.conn, visit.list.id),
            "wrong": wrong,
            "problem": problem,
        },
        status=status,
    )


PAGES = (Page(path="/close/{list}", need=Need.PRIVILEGED, get=show, post=act),)
