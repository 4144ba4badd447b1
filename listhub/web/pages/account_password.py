"""A person's password: chosen, changed, taken away; all other sessions end with it."""

from listhub.i18n.text import N_, Text
from listhub.lists.accounts import passwords
from listhub.lists.said import SaidError
from listhub.web.door.answer import Answer, Moved, View, no_page
from listhub.web.door.arrival import renewed
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.account_recent import recent

CHOSEN = N_("You have a new password. You are signed out everywhere else.")
REMOVED = N_("You have no password any more. You are signed out everywhere else.")
HAD_NONE = N_("You have no password.")
DIFFER = N_("The two are not the same.")

_HERE = "/account/password"


def show(visit: Visit) -> Answer:
    """Ask for a new password."""
    return _page(visit)


def change(visit: Visit) -> Answer:
    """Set the password, or take it away."""
    if visit.asked.one("do") == "remove":
        return _remove(visit)
    password = visit.asked.one("password")
    if password != visit.asked.one("again"):
        return _page(visit, wrong_again=Text(DIFFER), status=400)
    try:
        passwords.change(
            visit.conn,
            visit.who.person_id,
            password,
            settings=visit.settings,
            keep=visit.identifier,
        )
    except SaidError as error:
        return _page(visit, wrong=error.text, status=400)
    # Whoever has a copy of this browser's identifier is out, too.
    _identifier, cookie = renewed(visit)
    return Moved(to="/account", said=Text(CHOSEN), cookies=(cookie,))


def _remove(visit: Visit) -> Answer:
    had = passwords.remove(
        visit.conn, visit.who.person_id, settings=visit.settings, keep=visit.identifier
    )
    if not had:
        return Moved(to="/account", said=Text(HAD_NONE), tone="note")
    _identifier, cookie = renewed(visit)
    return Moved(to="/account", said=Text(REMOVED), cookies=(cookie,))


def _page(
    visit: Visit,
    *,
    wrong: Text | None = None,
    wrong_again: Text | None = None,
    status: int = 200,
) -> View:
    has_password = passwords.has_one(visit.conn, visit.who.person_id)
    if not visit.settings.sign_in.passwords and not has_password:
        raise no_page()
    return View(
        template="account_password.html.j2",
        status=status,
        values={
            "allowed": visit.settings.sign_in.passwords,
            "has_password": has_password,
            "least": passwords.LEAST,
            "most": passwords.MOST,
            "wrong": wrong,
            "wrong_again": wrong_again,
        },
    )


PAGES = (Page(path=_HERE, need=Need.PERSON, get=recent(show), post=recent(change)),)
