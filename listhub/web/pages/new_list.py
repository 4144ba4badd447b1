"""Ask for a list: who may has it at once, others once a listmaster agrees."""

from listhub.i18n.text import N_, Text
from listhub.lists import catalogue, creating
from listhub.lists.creating import Asker, Wish, WrongWishError
from listhub.lists.list_kinds import KINDS
from listhub.lists.said import SaidError
from listhub.spool import store
from listhub.web.door.answer import Answer, Moved, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path

MADE = N_("%(list)s is there. These are its settings; add members when you like.")
WAITS = N_("%(list)s waits for a listmaster; you are told by mail what is decided.")


def show(visit: Visit) -> Answer:
    """Show the form of a wish."""
    return _page(visit, _wish(visit))


def create(visit: Visit) -> Answer:
    """Make the list, or have it wait."""
    wish = _wish(visit)
    asker = Asker(
        conn=visit.conn,
        settings=visit.settings,
        ask=visit.ask,
        address=visit.by,
        auth=visit.auth,
        how="web",
    )
    try:
        answer = creating.create(asker, wish)
    except WrongWishError as error:
        return _page(visit, wish, problems=error.problems, status=422)
    except SaidError as error:
        return _page(visit, wish, problem=error.text, status=403)
    store.put(visit.conn, answer.items)
    said = Text(MADE if answer.state == "made" else WAITS, list=answer.address)
    return Moved(to=path("settings", answer.address), said=said)


def _wish(visit: Visit) -> Wish:
    return Wish(
        name=visit.asked.one("name"),
        domain=visit.asked.one("domain"),
        subject=visit.asked.one("subject"),
        kind=visit.asked.one("kind") or next(iter(KINDS)),
        about=visit.asked.one("about").replace("\r\n", "\n"),
    )


def _page(
    visit: Visit,
    wish: Wish,
    *,
    problems: dict[str, Text] | None = None,
    problem: Text | None = None,
    status: int = 200,
) -> View:
    return View(
        template="new_list.html.j2",
        values={
            "wish": wish,
            "domains": [row.name for row in catalogue.domains(visit.conn)],
            "kinds": KINDS.values(),
            "problems": problems or {},
            "problem": problem,
        },
        status=status,
    )


PAGES = (Page(path="/lists/new", need=Need.PERSON, get=show, post=create),)
