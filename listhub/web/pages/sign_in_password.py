"""Sign in with a password.

A guess returns a page and raises nothing: what raises is rolled back, and would not
count.
"""

from listhub.i18n.text import N_, Text
from listhub.lists.accounts import passwords
from listhub.web.door.answer import Answer, no_page
from listhub.web.door.arrival import arrive
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages import sign_in

WRONG = N_("The address or the password is wrong. A link by mail signs you in, too.")
TOO_OFTEN = N_(
    "This was tried too often; wait for %(wait)s, or let a link by mail sign you in."
)


def try_(visit: Visit) -> Answer:
    """Sign in whoever knows the password."""
    if not visit.settings.sign_in.passwords:
        raise no_page()
    guess = passwords.sign_in(
        visit.conn,
        visit.asked.one("address"),
        visit.asked.one("password"),
        settings=visit.settings,
        came_from=visit.asked.client,
    )
    if guess.right:
        return arrive(
            visit,
            guess.person_id,
            method="password",
            next_path=visit.asked.one("next"),
        )
    if guess.wait:
        wrong = Text(TOO_OFTEN, wait=visit.span(guess.wait))
        return sign_in.page(visit, wrong_password=wrong, status=429)
    return sign_in.page(visit, wrong_password=Text(WRONG), status=403)


PAGES = (Page(path="/sign-in/password", need=Need.ANYBODY, post=try_),)
