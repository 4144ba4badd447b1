"""All lists that somebody may see, found by words, by domain, a page at a time.

Whoever runs the site, or the domain that they chose, sees all lists with their state.
"""

from listhub.lists import about, shelf
from listhub.lists.paging import Page as Rows
from listhub.lists.shelf import Shelved, Wanted
from listhub.lists.visible import permitted
from listhub.web.door.answer import Answer, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path

#: Rows of a page: what a phone scrolls through, and is judged in a moment.
SIZE = 50

STATUSES = ("open", "pending", "closed")


def show(visit: Visit) -> Answer:
    """Show a page of lists, and the fields by which they are found."""
    asked, domains = visit.asked, about.domains(visit.conn)
    query = {
        name: asked.one(name).strip() for name in ("q", "domain", "status", "family")
    }
    runs = visit.who.site_listmaster or visit.who.runs(domains.get(query["domain"], -1))
    wanted = Wanted(
        words=shelf.words_of(query["q"]),
        domain=query["domain"] or None,
        status=_status(query["status"]) if runs else None,
        family=(query["family"] or None) if runs else None,
    )
    found = _found(visit, wanted, everything=runs)
    return View(
        template="lists.html.j2",
        values={
            "runs": runs,
            "domains": [(name, name) for name in domains],
            "statuses": STATUSES,
            "query": query,
            "page": found,
            "counted": _counted(visit, found, everything=runs),
            "total": shelf.count(visit.conn, wanted) if runs else None,
            "to": lambda cursor: cursor and path("lists", query=query | {"at": cursor}),
        },
    )


def _found(visit: Visit, wanted: Wanted, *, everything: bool) -> Rows[Shelved]:
    cursor = visit.asked.one("at")
    if everything:
        return shelf.page(visit.conn, wanted, cursor=cursor, size=SIZE)
    return shelf.seen(
        visit.conn,
        visit.ask,
        visit.visitor,
        wanted,
        settings=visit.settings,
        cursor=cursor,
        size=SIZE,
    )


def _counted(visit: Visit, found: Rows[Shelved], *, everything: bool) -> frozenset[int]:
    """Return the lists of the page whose members may be counted: INFO says it, too."""
    ids = [each.id for each in found.rows]
    if everything or not ids:
        return frozenset(ids)
    allowed = permitted(
        visit.conn,
        visit.ask,
        visit.visitor,
        list_ids=ids,
        operations=["info"],
        settings=visit.settings,
    )
    return frozenset(number for number, may in allowed.items() if may)


def _status(written: str) -> str | None:
    return written if written in STATUSES else None


PAGES = (Page(path="/lists", need=Need.ANYBODY, get=show),)
