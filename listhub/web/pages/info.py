"""What a list is about: for whom it is, who runs it, how to write, join and leave."""

from listhub.archive.hiding import hide
from listhub.lists import about, archive_access
from listhub.lists.files import DbFiles
from listhub.lists.mine import joining
from listhub.lists.mine.joining import Foretold
from listhub.lists.setting_titles import RECEPTIONS
from listhub.policy import library
from listhub.web.door.answer import Answer, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages import guest as guests
from listhub.web.pages.guest import Guest
from listhub.web.pages.membership import asker


def show(visit: Visit) -> Answer:
    """Show a list to who may know of it; to others it is not there."""
    found = guests.guest(visit, "info", "review")
    found.insist("info")
    row, conn = visit.list, visit.conn
    files = DbFiles(conn, list_id=row.id, domain_id=row.domain_id)
    send = found.list_settings.send
    files.fetch([about.TEXT, library.scenario_path("send", send)])
    text = files.find(about.TEXT)
    return View(
        template="info.html.j2",
        values={
            **guests.values(found),
            "text": text.content.strip() if text else "",
            "figures": about.figures(conn, row.id),
            "people": _people(found),
            "writers": library.title_of(files, "send", send, language=visit.language),
            "may_review": found.may("review"),
            "may_read": _may_read(found),
            "foretold": _foretold(found),
            "receptions": RECEPTIONS,
        },
    )


def _people(found: Guest) -> list[tuple[str, str]]:
    """Return who runs the list, and as what; addresses only to who is known."""
    visit = found.visit
    people = about.in_charge(visit.conn, visit.list.id, concealed=found.in_charge)
    return [
        (_named(each.name, each.address, known=visit.who.signed_in), each.kind)
        for each in people
    ]


def _named(name: str, address: str, *, known: bool) -> str:
    if not known:
        return hide(name) or hide(address)
    return f"{name} <{address}>" if name else address


def _may_read(found: Guest) -> bool:
    if not found.list_settings.archive:
        return False
    visit = found.visit
    access = archive_access.access(
        visit.conn,
        visit.ask,
        visit.list,
        reader=visit.by,
        client=visit.asked.client,
        settings=visit.settings,
    )
    return access.refusal is None


def _foretold(found: Guest) -> Foretold:
    """Return what the page's one button would come to: to join, or to leave."""
    return joining.foretell(
        asker(found.visit),
        found.visit.list,
        "unsubscribe" if found.options else "subscribe",
        settings=found.list_settings,
    )


PAGES = (Page(path="/info/{list}", need=Need.SCENARIO, get=show),)
