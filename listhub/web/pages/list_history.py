"""What was done to a list: by whom, when and how, the newest first."""

from listhub.lists import deeds
from listhub.lists.operators import audited
from listhub.lists.operators.audited import Wanted
from listhub.web.door.answer import Answer, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path

#: What owners look for most, by what the action begins with.
KINDS = ("list.", "owner.", "moderator.", "member.", "file.", "request.")


def show(visit: Visit) -> Answer:
    """Show a page of the list's audit, of one person or one kind if asked."""
    who, kind = visit.asked.one("who").strip()[:300], visit.asked.one("kind")
    wanted = Wanted(
        list_id=visit.list.id, actor=who, action=kind if kind in KINDS else ""
    )
    page = audited.page(visit.conn, wanted, cursor=visit.asked.one("after"))

    def at(cursor: str) -> str:
        query = {"who": who, "kind": wanted.action, "after": cursor}
        return path("history", visit.list.address, query=query) if cursor else ""

    return View(
        template="list_history.html.j2",
        values={
            "page": page,
            "who_asked": who,
            "kind": wanted.action,
            "titles": deeds.TITLES,
            "details": deeds.details,
            "before": at(page.before),
            "after": at(page.after),
        },
    )


PAGES = (Page(path="/history/{list}", need=Need.OWNER, get=show),)
