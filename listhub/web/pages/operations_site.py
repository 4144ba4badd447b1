"""The site and its domains: who their listmasters are, and where their settings stand."""

from listhub.i18n.text import N_, Text
from listhub.lists import catalogue, listmasters
from listhub.lists.said import SaidError
from listhub.mail.address import key
from listhub.web.door.answer import Answer, Moved, Refused
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.operations_frame import view

NO_ORDER = N_("This is nothing that can be done here; nothing was changed.")
ADDED = N_("%(address)s is a listmaster of %(place)s now.")
REMOVED = N_("%(address)s is not a listmaster of %(place)s any more.")
NOT_ONESELF = N_("You cannot take this role from yourself; another listmaster can.")

_LONGEST = 320


def show(visit: Visit) -> Answer:
    """Show the listmasters and the domains."""
    found = listmasters.listmasters(visit.conn)
    return view(
        visit,
        "site.html.j2",
        domains=catalogue.domains(visit.conn),
        masters=found,
    )


def act(visit: Visit) -> Answer:
    """Make somebody a listmaster, or end it."""
    address = visit.asked.one("address")[:_LONGEST].strip()
    domain = visit.asked.one("domain")[:_LONGEST].strip() or None
    action = visit.asked.one("do")
    if action not in {"add", "remove"}:
        raise Refused(400, Text(NO_ORDER))
    # Nobody shuts the last door behind themselves.
    if action == "remove" and domain is None and key(address) == key(visit.by):
        return Moved(to="/site", said=Text(NOT_ONESELF), tone="bad")
    change = listmasters.grant if action == "add" else listmasters.revoke
    try:
        change(visit.conn, address, domain=domain, actor=visit.by, how="web")
    except SaidError as error:
        return Moved(to="/site", said=error.text, tone="note")
    place = domain or Text(listmasters.SITE)
    said = ADDED if action == "add" else REMOVED
    return Moved(to="/site", said=Text(said, address=address, place=place))


PAGES = (Page(path="/site", need=Need.SITE, get=show, post=act),)
