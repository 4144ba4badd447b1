"""The page with all ways in; the one by a link that comes by mail; and the way out.

The link's page (GET) changes nothing: programs that read mail open it first.  Its
button (POST) uses the link, and gives the browser a session of a new identifier.
"""

from listhub.i18n.text import N_, Text
from listhub.lists.accounts import limits, links, sessions
from listhub.lists.accounts.next_path import local
from listhub.lists.said import SaidError
from listhub.web.door.answer import Answer, Cookie, Moved, View
from listhub.web.door.arrival import arrive, no_cookie
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path

TOO_OFTEN = N_("This was asked for too often; try again in %(wait)s.")
USED = N_("This link was used before, or is too old; ask for a new one.")
TOO_OFTEN_HERE = N_(
    "This was tried too often from your network; try again in %(wait)s."
)
GONE = N_("You are signed out.")


def show(visit: Visit) -> Answer:
    """Ask for the address, or offer the other ways in."""
    to = local(visit.asked.one("next"))
    if visit.session and visit.session.waits_for_code:
        return Moved(to=path("second-factor", query={"next": to}))
    if visit.who.signed_in:
        return Moved(to=to or "/")
    return page(visit)


def ask(visit: Visit) -> Answer:
    """Mail a link; whether the address is known here cannot be seen."""
    written = visit.asked.one("address")
    try:
        wait = links.ask(
            visit.conn,
            written,
            settings=visit.settings,
            next_path=local(visit.asked.one("next")),
            came_from=visit.asked.client,
            language=visit.language,
        )
    except SaidError as error:
        return page(visit, wrong=error.text, status=400)
    if wait:
        return page(visit, wrong=Text(TOO_OFTEN, wait=visit.span(wait)), status=429)
    return View(template="sign_in_sent.html.j2", values={"address": written.strip()})


def peek(visit: Visit) -> Answer:
    """Show whose link it is, with the button that uses it."""
    link = links.peek(visit.conn, visit.asked.params["token"])
    if link is None or link.state != "good":
        return page(visit, wrong=Text(USED), status=410)
    return View(
        template="sign_in_link.html.j2",
        values={"link": link, "token": visit.asked.params["token"]},
    )


def use(visit: Visit) -> Answer:
    """Sign in whoever holds the link."""
    used = links.use(visit.conn, visit.asked.params["token"])
    if used is None:
        return page(visit, wrong=Text(USED), status=410)
    return arrive(visit, used.person_id, method="link", next_path=used.next_path)


def sign_out(visit: Visit) -> Answer:
    """End the session."""
    sessions.end(visit.conn, visit.identifier)
    return Moved(to="/", said=Text(GONE), cookies=(no_cookie(),))


def page(
    visit: Visit,
    *,
    status: int = 200,
    wrong: Text | None = None,
    wrong_password: Text | None = None,
    trouble: Text | None = None,
    ended: tuple[Cookie, ...] = (),
) -> View:
    """Return the page with all ways in.

    What is wrong stands at the address, at the password, or as `trouble` above all.
    """
    sign_in, oidc = visit.settings.sign_in, visit.settings.oidc
    return View(
        template="sign_in.html.j2",
        status=status,
        cookies=ended,
        values={
            "wrong": wrong,
            "wrong_password": wrong_password,
            "trouble": trouble,
            "next": local(visit.asked.one("next")),
            "address": visit.asked.one("address"),
            "passwords": sign_in.passwords,
            "provider": oidc.label if oidc.issuer else "",
            "front": sign_in.header_label if sign_in.header else "",
        },
    )


def too_often(visit: Visit) -> View | None:
    """Count a try of the visitor's network; return the page for one too many."""
    wait = limits.take(visit.conn, taken(visit))
    if not wait:
        return None
    trouble = Text(TOO_OFTEN_HERE, wait=visit.span(wait))
    return page(visit, trouble=trouble, status=429)


def taken(visit: Visit) -> tuple[limits.Limit, str]:
    """Return what `too_often` takes, to be given back to whoever was right."""
    return limits.SIGN_IN_NETWORK, limits.network(visit.asked.client)


PAGES = (
    Page(path="/sign-in", need=Need.ANYBODY, get=show, post=ask),
    Page(path="/sign-in/{token}", need=Need.ANYBODY, get=peek, post=use),
    Page(path="/sign-out", need=Need.ANYBODY, post=sign_out),
)
