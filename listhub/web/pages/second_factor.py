"""The second factor at a sign-in: whoever has one is a visitor until it is given."""

from listhub.i18n.text import N_, Text
from listhub.lists.accounts import second_factor
from listhub.lists.accounts.guess import Guess
from listhub.lists.accounts.next_path import local
from listhub.web.door.answer import Answer, Moved, View
from listhub.web.door.arrival import confirmed
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path

WRONG = N_("This code is not right, or was used before; wait for the next one.")
TOO_OFTEN = N_("Too many codes were tried; wait for %(wait)s.")


def show(visit: Visit) -> Answer:
    """Ask for the code; whoever needs none goes on."""
    return _elsewhere(visit) or _page(visit)


def give(visit: Visit) -> Answer:
    """Try a code; the right one gives the session a new identifier."""
    elsewhere = _elsewhere(visit)
    if elsewhere or visit.session is None:
        return elsewhere or Moved(to="/sign-in")
    guess = second_factor.verify(
        visit.conn,
        visit.session.person_id,
        visit.asked.one("code"),
        settings=visit.settings,
    )
    if not guess.right:
        return _page(visit, wrong=wrong(visit, guess), status=refused_by(guess))
    _identifier, cookie = confirmed(visit)
    return Moved(to=local(visit.asked.one("next")) or "/", cookies=(cookie,))


def wrong(visit: Visit, guess: Guess) -> Text:
    """Return what is said of a code that was not right."""
    if guess.wait:
        return Text(TOO_OFTEN, wait=visit.span(guess.wait))
    return Text(WRONG)


def refused_by(guess: Guess) -> int:
    """Return the HTTP status for a code that was not right."""
    return 429 if guess.wait else 403


def _elsewhere(visit: Visit) -> Moved | None:
    """Return where those go who cannot give a code, or need not."""
    to = local(visit.asked.one("next"))
    if visit.session is None:
        return Moved(to=path("sign-in", query={"next": to}))
    if visit.session.waits_for_code:
        return None
    if visit.who.lacks == "second_factor":
        return Moved(to=path("account", "second-factor", query={"next": to}))
    return Moved(to=to or "/")


def _page(visit: Visit, *, wrong: Text | None = None, status: int = 200) -> View:
    return View(
        template="second_factor.html.j2",
        status=status,
        values={"wrong": wrong, "next": local(visit.asked.one("next"))},
    )


PAGES = (Page(path="/second-factor", need=Need.ANYBODY, get=show, post=give),)
