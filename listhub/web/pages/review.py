"""The members of a list, for those whom its scenario `review` lets see them.

Members who hide themselves are counted and not shown; strangers read no whole address.
"""

from listhub.archive.hiding import hide
from listhub.lists.roster import page as roster
from listhub.lists.roster.page import Wanted
from listhub.web.door.answer import Answer, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages import guest as guests

#: A line each.
SIZE = 100


def show(visit: Visit) -> Answer:
    """Show a page of members, by address."""
    found = guests.guest(visit, "review")
    found.insist("review")
    known, list_id = visit.who.signed_in, visit.list.id
    # Who may not read addresses must not guess them by searching.
    text = visit.asked.one("q").strip() if known else ""
    wanted = Wanted(text=text, concealed=None if found.in_charge else False)
    rows = roster.page(
        visit.conn, list_id, wanted, cursor=visit.asked.one("at"), size=SIZE
    )
    everybody = roster.count(visit.conn, list_id, Wanted())
    shown = roster.count(visit.conn, list_id, wanted)
    return View(
        template="review.html.j2",
        values={
            **guests.values(found),
            "q": text,
            "members": [
                (each.name, each.address)
                if known
                else (hide(each.name), hide(each.address))
                for each in rows.rows
            ],
            "page": rows,
            "shown": shown,
            "hidden": 0 if text else everybody - shown,
            "to": lambda cursor: (
                cursor
                and path("review", visit.list.address, query={"q": text, "at": cursor})
            ),
        },
    )


PAGES = (Page(path="/review/{list}", need=Need.SCENARIO, get=show),)
