"""Sign in by a provider of OpenID Connect.

The button (POST) answers with a page that goes on to the provider by itself: from a
form our policy lets nobody be sent elsewhere.  The way back is a GET by the protocol;
it signs in only the browser that has begun, which keeps what was begun in a cookie.
"""

import dataclasses

from listhub.config.reading import derived_key
from listhub.lists.accounts import identities, limits, oidc
from listhub.lists.accounts.next_path import local
from listhub.lists.said import SaidError
from listhub.web.door import signed
from listhub.web.door.answer import Answer, Cookie, View, no_page
from listhub.web.door.arrival import arrive
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages import sign_in

COOKIE = "listhub-oidc"
PURPOSE = "oidc"

_ENDED = (Cookie(name=COOKIE, value="", life=0),)


def begin(visit: Visit) -> Answer:
    """Send the person to the provider."""
    _insist(visit)
    busy = sign_in.too_often(visit)
    if busy:
        return busy
    to = local(visit.asked.one("next"))
    try:
        url, begun = oidc.begin(visit.settings, visit.ask, next_path=to)
    except oidc.SilentError as error:
        return sign_in.page(visit, trouble=error.text, status=503)
    value = signed.pack(begun.written(), key=_key(visit))
    return View(
        template="sign_in_away.html.j2",
        values={"to": url, "provider": visit.settings.oidc.label},
        cookies=(Cookie(name=COOKIE, value=value, life=oidc.LIFE),),
    )


def back(visit: Visit) -> Answer:
    """Sign in whom the provider says to be here."""
    _insist(visit)
    busy = sign_in.too_often(visit)
    if busy:
        return busy
    said = {name: values[-1] for name, values in visit.asked.query.items()}
    begun = _begun(visit)
    try:
        claims = oidc.finish(visit.settings, visit.ask, begun, said)
        person_id = identities.sign_in(visit.conn, claims, settings=visit.settings)
    except SaidError as error:
        status = 503 if isinstance(error, oidc.SilentError) else 403
        return sign_in.page(visit, trouble=error.text, status=status, ended=_ENDED)
    # One for the way there, one for the way back.
    taken = sign_in.taken(visit)
    limits.give_back(visit.conn, taken, taken)
    to = begun.next_path if begun else ""
    moved = arrive(visit, person_id, method="oidc", next_path=to)
    return dataclasses.replace(moved, cookies=(*moved.cookies, *_ENDED))


def _begun(visit: Visit) -> oidc.Begun | None:
    kept = visit.asked.cookies.get(COOKIE, "")
    content = signed.unpack(kept, key=_key(visit)) if kept else None
    return oidc.read(content) if content else None


def _key(visit: Visit) -> bytes:
    return derived_key(visit.settings, PURPOSE)


def _insist(visit: Visit) -> None:
    if not visit.settings.oidc.issuer:
        raise no_page()


PAGES = (
    Page(path="/sign-in/oidc", need=Need.ANYBODY, post=begin),
    Page(path=oidc.BACK, need=Need.ANYBODY, get=back),
)
