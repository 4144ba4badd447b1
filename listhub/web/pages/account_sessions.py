"""Where a person is signed in, and how they end it."""

from collections.abc import Mapping

from listhub import clock
from listhub.i18n.text import N_, Text
from listhub.lists import audit
from listhub.lists.accounts import sessions
from listhub.web import agent
from listhub.web.door.answer import Answer, Moved, View
from listhub.web.door.arrival import no_cookie
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.sign_in import GONE

ENDED = N_("That session has ended.")
ENDED_BEFORE = N_("That session had ended already.")
ALL_ENDED = N_("You are signed out everywhere else.")

WAYS: Mapping[sessions.Method, str] = {
    "link": N_("by a link"),
    "password": N_("with the password"),
    "oidc": N_("by a provider"),
    "header": N_("by the front server"),
}

_HERE = "/account/sessions"


def show(visit: Visit) -> Answer:
    """List them, the last one seen first."""
    found = sessions.of_person(visit.conn, visit.who.person_id, settings=visit.settings)
    return View(
        template="account_sessions.html.j2",
        values={
            "sessions": found,
            "here": visit.session.id if visit.session else 0,
            "ways": WAYS,
            "browser": agent.words,
            "now": clock.now(),
        },
    )


def end(visit: Visit) -> Answer:
    """End one of them, or all others."""
    person_id = visit.who.person_id
    if visit.asked.one("end") == "others":
        sessions.end_others(visit.conn, person_id, keep=visit.identifier)
        _note(visit)
        return Moved(to=_HERE, said=Text(ALL_ENDED))
    number = visit.asked.number("end")
    if not sessions.end_one(visit.conn, person_id, number):
        return Moved(to=_HERE, said=Text(ENDED_BEFORE), tone="note")
    _note(visit)
    if visit.session and visit.session.id == number:
        return Moved(to="/", said=Text(GONE), cookies=(no_cookie(),))
    return Moved(to=_HERE, said=Text(ENDED))


def _note(visit: Visit) -> None:
    audit.note(visit.conn, actor=visit.by, action="session.end", subject=visit.by)


PAGES = (Page(path=_HERE, need=Need.PERSON, get=show, post=end),)
