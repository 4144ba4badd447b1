"""The first page, the choice of a language, and help."""

from listhub.i18n.languages import best_language
from listhub.lists import shelf
from listhub.lists.accounts.next_path import local
from listhub.lists.moderation import queue
from listhub.lists.shelf import Wanted
from listhub.web.door.answer import Answer, Cookie, Moved, View
from listhub.web.door.languages import COOKIE
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit

#: Lists of one's own on the first page; there is a page with all.
MOST_LISTS = 10

#: Seconds that a visitor's choice of a language is kept: a year.
_YEAR = 31_536_000


def home(visit: Visit) -> Answer:
    """Greet: where a visitor finds lists, and a person what waits for them."""
    if not visit.who.signed_in:
        return View(template="home.html.j2")
    waiting = queue.counts(visit.conn, visit.reach) if visit.who.decides else None
    mine = Wanted(person=visit.who.address)
    page = shelf.page(visit.conn, mine, size=MOST_LISTS)
    return View(
        template="home.html.j2",
        values={"waiting": waiting, "lists": page.rows, "more": page.after},
    )


def help_(_visit: Visit) -> Answer:
    """Say in short how lists are used."""
    return View(template="help.html.j2")


def choose_language(visit: Visit) -> Answer:
    """Keep a visitor's choice; persons choose in their account."""
    chosen = best_language(visit.asked.one("language"))
    kept = Cookie(name=COOKIE, value=chosen, life=_YEAR)
    return Moved(to=local(visit.asked.one("next")) or "/", cookies=(kept,))


PAGES = (
    Page(path="/", need=Need.ANYBODY, get=home),
    Page(path="/help", need=Need.ANYBODY, get=help_),
    Page(path="/language", need=Need.ANYBODY, post=choose_language),
)
