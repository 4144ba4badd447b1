"""A person's second factor: set up with a program, confirmed by its code, taken away."""

import base64

from listhub.i18n.text import N_, Text
from listhub.lists.accounts import recovery_codes, second_factor
from listhub.lists.accounts.next_path import local
from listhub.lists.said import SaidError
from listhub.web.door.answer import Answer, Cookie, Moved, View
from listhub.web.door.arrival import confirmed, csrf_of
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages.account_recent import recent
from listhub.web.pages.second_factor import refused_by, wrong as wrong_of

REMOVED = N_("You have no second factor any more.")
NONE = N_("You have no second factor.")
NOT_BEGUN = N_("This was not begun, or took too long; begin again.")

_HERE = "/account/second-factor"


def show(visit: Visit) -> Answer:
    """Show whether there is one, or what the program is given."""
    return _page(visit)


def change(visit: Visit) -> Answer:
    """Begin, confirm, draw new recovery codes, or remove."""
    match visit.asked.one("do"):
        case "begin":
            return _begin(visit)
        case "confirm":
            return _confirm(visit)
        case "codes":
            return _renew(visit)
        case "remove":
            return _remove(visit)
        case _:
            return _page(visit)


def _begin(visit: Visit) -> Answer:
    try:
        second_factor.begin(visit.conn, visit.who.person_id, settings=visit.settings)
    except SaidError as error:
        return Moved(to=_HERE, said=error.text, tone="note")
    return Moved(to=_way(visit))


def _confirm(visit: Visit) -> Answer:
    person_id = visit.who.person_id
    if second_factor.state(visit.conn, person_id).on:
        return Moved(to=_HERE, said=Text(second_factor.ALREADY), tone="note")
    if second_factor.begun(visit.conn, person_id, settings=visit.settings) is None:
        return Moved(to=_HERE, said=Text(NOT_BEGUN), tone="note")
    guess = second_factor.confirm(
        visit.conn, person_id, visit.asked.one("code"), settings=visit.settings
    )
    if not guess.right:
        return _page(visit, wrong=wrong_of(visit, guess), status=refused_by(guess))
    identifier, cookie = confirmed(visit)
    return _codes(visit, csrf=csrf_of(visit, identifier), cookies=(cookie,))


def _renew(visit: Visit) -> Answer:
    return _with_code(visit, "wrong_codes") or _codes(visit, csrf=visit.csrf)


def _remove(visit: Visit) -> Answer:
    refused = _with_code(visit, "wrong_remove")
    if refused:
        return refused
    second_factor.remove(visit.conn, visit.who.person_id, settings=visit.settings)
    return Moved(to="/account", said=Text(REMOVED))


def _with_code(visit: Visit, field: str) -> Answer | None:
    """Return the answer to whoever has no second factor or a wrong code, else None."""
    person_id = visit.who.person_id
    if not second_factor.state(visit.conn, person_id).on:
        return Moved(to=_HERE, said=Text(NONE), tone="note")
    guess = second_factor.verify(
        visit.conn, person_id, visit.asked.one("code"), settings=visit.settings
    )
    if guess.right:
        return None
    return _page(
        visit, field=field, wrong=wrong_of(visit, guess), status=refused_by(guess)
    )


def _codes(visit: Visit, *, csrf: str, cookies: tuple[Cookie, ...] = ()) -> View:
    codes = recovery_codes.renew(visit.conn, visit.who.person_id)
    values = {"codes": codes, "csrf": csrf, "next": local(visit.asked.one("next"))}
    return View(template="account_codes.html.j2", values=values, cookies=cookies)


def _page(
    visit: Visit,
    *,
    field: str = "wrong_code",
    wrong: Text | None = None,
    status: int = 200,
) -> View:
    person_id = visit.who.person_id
    begun = second_factor.begun(visit.conn, person_id, settings=visit.settings)
    qr = base64.b64encode(begun.qr.encode()).decode() if begun else ""
    values = {"wrong_code": None, "wrong_codes": None, "wrong_remove": None}
    return View(
        template="account_factor.html.j2",
        status=status,
        values={
            **values,
            field: wrong,
            "factor": second_factor.state(visit.conn, person_id),
            "begun": begun,
            "qr": f"data:image/svg+xml;base64,{qr}",
            "next": local(visit.asked.one("next")),
            "required": visit.settings.sign_in.require_second_factor,
        },
    )


def _way(visit: Visit) -> str:
    to = local(visit.asked.one("next"))
    return path("account", "second-factor", query={"next": to})


PAGES = (Page(path=_HERE, need=Need.PERSON, get=recent(show), post=recent(change)),)
