"""What comes back on a list: members by score, what was done about them, and undo."""

from datetime import date

from listhub.i18n.text import N_, Text
from listhub.lists.bouncing import browse, undo
from listhub.web.door.answer import Answer, Moved, Refused, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path

#: Members of one page; the worst come first.
MOST = 200

NO_DAY = N_("This is not a day: %(day)s")
UNDONE = N_("%(count)s were undone.")
RESET = N_("For %(count)s what was reported does not count any more.")


def show(visit: Visit) -> Answer:
    """Show who bounces, what was done, and what was set aside."""
    list_id = visit.list.id
    found = browse.bouncing(visit.conn, list_id)
    return View(
        template="bounces.html.j2",
        values={
            "bouncing": found[:MOST],
            "total": len(found),
            "log": browse.log(visit.conn, list_id=list_id),
            "breakers": browse.breakers(visit.conn, list_id=list_id),
        },
    )


def act(visit: Visit) -> Answer:
    """Undo a whole day, or let what was reported of those ticked count no more."""
    to = path("bounces", visit.list.address)
    if visit.asked.one("do") == "reset":
        count = browse.reset(
            visit.conn, visit.list.id, visit.asked.all("address"), actor=visit.by
        )
        return Moved(to=to, said=Text(RESET, count=count))
    written = visit.asked.one("day")
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise Refused(400, Text(NO_DAY, day=written[:20])) from None
    undone = undo.undo_day(visit.conn, day, list_id=visit.list.id, actor=visit.by)
    count = sum(one.changed for one in undone)
    return Moved(
        to=to, said=Text(UNDONE, count=count), tone="well" if count else "note"
    )


PAGES = (Page(path="/bounces/{list}", need=Need.OWNER, get=show, post=act),)
