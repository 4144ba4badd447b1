"""Sign in as whom the front server names (SAML, Shibboleth).

The front server asks people who they are on the way to this page, and says so in a
header.  Opening the page changes nothing; its button signs in.
"""

from listhub.i18n.text import N_
from listhub.lists import persons
from listhub.lists.accounts import fronts, limits
from listhub.lists.accounts.next_path import local
from listhub.lists.said import SaidError
from listhub.web.door.answer import Answer, View, no_page
from listhub.web.door.arrival import arrive
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages import sign_in

NOBODY = N_("%(provider)s has not said who you are.")


def show(visit: Visit) -> Answer:
    """Say who the front server says this is, with the button that signs in."""
    try:
        named = _named(visit)
    except SaidError as error:
        return sign_in.page(visit, trouble=error.text, status=403)
    return View(
        template="sign_in_front.html.j2",
        values={
            "named": named,
            "provider": visit.settings.sign_in.header_label,
            "next": local(visit.asked.one("next")),
        },
    )


def enter(visit: Visit) -> Answer:
    """Sign in whom the front server names."""
    busy = sign_in.too_often(visit)
    if busy:
        return busy
    try:
        named = _named(visit)
    except SaidError as error:
        return sign_in.page(visit, trouble=error.text, status=403)
    limits.give_back(visit.conn, sign_in.taken(visit))
    return arrive(
        visit,
        persons.find_or_make(visit.conn, named),
        method="header",
        next_path=visit.asked.one("next"),
    )


def _named(visit: Visit) -> str:
    """Return the address in the header; SaidError if there is none to be believed."""
    sign_in_settings = visit.settings.sign_in
    if not sign_in_settings.header:
        raise no_page()
    named = fronts.named(
        visit.settings,
        peer=visit.asked.peer,
        values=visit.asked.header_values(sign_in_settings.header),
    )
    if not named:
        raise SaidError(NOBODY, provider=sign_in_settings.header_label)
    return named


PAGES = (Page(path="/sign-in/front", need=Need.ANYBODY, get=show, post=enter),)
