"""Join a list and leave it: what will happen is said first, and a button does it.

These addresses stand in mails.  Who is signed in acts at once, as the list's rules
allow.  A visitor gives an address, and whoever reads its mail has the last word; the
page says the same whether the address is a member or not.
"""

from collections.abc import Callable
from typing import Literal

from listhub.i18n.text import N_, Text
from listhub.lists import asking, options
from listhub.lists.accounts import limits
from listhub.lists.list_settings import ListSettings
from listhub.lists.mine import joining
from listhub.lists.mine.visit import Answer as Came, Visit as Asker
from listhub.lists.said import SaidError
from listhub.lists.setting_titles import RECEPTIONS
from listhub.lists.settings import load_list_settings
from listhub.lists.subscribing import is_member
from listhub.mail.address import key, parse_addr_spec
from listhub.mail.encoded_words import safe
from listhub.policy.request import NOBODY
from listhub.spool import store
from listhub.web.door.answer import Answer, Moved, Tone, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path

TOO_OFTEN = N_("This was asked for too often; try again in %(wait)s.")
NO_ADDRESS = N_("This is not an e-mail address.")
LOOK = N_(
    "A mail is on its way to %(address)s. Nothing happens until you confirm it there."
)
ASKED = N_("The owners of %(list)s were asked; you will hear from them by mail.")

Wish = Literal["subscribe", "unsubscribe"]


def asker(visit: Visit, address: str = "") -> Asker:
    """Return whoever asks; `address` is one that was typed, and nobody's word."""
    row = visit.list
    return Asker(
        conn=visit.conn,
        settings=visit.settings,
        ask=visit.ask,
        domain_id=row.domain_id,
        domain=row.domain,
        sender=address or visit.by or NOBODY,
        auth="smtp" if address or not visit.by else "md5",
    )


def show_join(visit: Visit) -> Answer:
    """Say what joining will come to."""
    return _page(visit, "subscribe")


def show_leave(visit: Visit) -> Answer:
    """Say what leaving will come to."""
    return _page(visit, "unsubscribe")


def join(visit: Visit) -> Answer:
    """Join, or ask whoever has to agree."""
    settings = load_list_settings(visit.conn, visit.list.id)
    address = _typed(visit)
    if address is not None:
        return _by_mail(visit, "subscribe", address, settings=settings)
    try:
        came = joining.join(
            asker(visit),
            visit.list,
            settings=settings,
            name="" if visit.who.name else visit.asked.one("name")[:200],
            reception=visit.asked.one("reception") or None,
        )
    except SaidError as error:
        return _page(visit, "subscribe", wrong=error.text, status=400)
    return _told(visit, "subscribe", came)


def leave(visit: Visit) -> Answer:
    """Leave, or ask whoever has to agree."""
    settings = load_list_settings(visit.conn, visit.list.id)
    address = _typed(visit)
    if address is not None:
        return _by_mail(visit, "unsubscribe", address, settings=settings)
    came = joining.leave(asker(visit), visit.list, settings=settings)
    return _told(visit, "unsubscribe", came)


def _typed(visit: Visit) -> str | None:
    """Return the address that somebody means who has not shown that it is theirs."""
    written = visit.asked.one("address").strip()
    if visit.who.signed_in and (not written or key(written) == key(visit.by)):
        return None
    return written


def _told(visit: Visit, wish: Wish, came: Came) -> Answer:
    """Say what became of the wish of somebody who is signed in."""
    store.put(visit.conn, came.items)
    address = visit.list.address
    if came.state == "refused":
        return _page(visit, wish, wrong=came.text, status=403)
    if came.state in {"done", "already"}:
        member = wish == "subscribe"
        to = path("suboptions", address) if member else path("my")
        tone: Tone = "well" if came.state == "done" else "note"
        return Moved(to=to, said=came.text, tone=tone)
    page = "subscribe" if wish == "subscribe" else "signoff"
    said = _waits(came, visit.by, address)
    return Moved(to=path(page, address), said=said, tone="note")


_DEEDS: dict[Wish, Callable[..., Came]] = {
    "subscribe": joining.join,
    "unsubscribe": joining.leave,
}


def _by_mail(
    visit: Visit, wish: Wish, written: str, *, settings: ListSettings
) -> Answer:
    """Do for an address what anybody may ask for: write to it, not too often."""
    found = parse_addr_spec(written)
    if found is None:
        return _page(visit, wish, wrong=Text(NO_ADDRESS), status=400)
    wait = limits.take(
        visit.conn,
        (limits.JOIN_NETWORK, limits.network(visit.asked.client)),
        (limits.JOIN_LIST, visit.list.id),
        (limits.JOIN_ADDRESS, key(found.text)),
    )
    if wait:
        said = Text(TOO_OFTEN, wait=visit.span(wait))
        return _page(visit, wish, wrong=said, status=429)
    who = asker(visit, found.text)
    came = _DEEDS[wish](who, visit.list, settings=settings)
    store.put(visit.conn, came.items)
    if came.state == "refused":
        return _page(visit, wish, wrong=came.text, status=403)
    said = _waits(came, found.text, visit.list.address)
    return View(
        template="membership_sent.html.j2",
        values={"said": said, "wish": wish, "address": found.text},
    )


def _waits(came: Came, address: str, list_address: str) -> Text:
    """Return whose word it waits for; somebody else's is told as the question has it."""
    if came.state == "owners":
        return Text(ASKED, list=list_address)
    if came.text.text == asking.CONFIRM_YOURSELF:
        return Text(LOOK, address=address)
    return came.text


def _page(
    visit: Visit, wish: Wish, *, wrong: Text | None = None, status: int = 200
) -> View:
    settings = load_list_settings(visit.conn, visit.list.id)
    signed_in = visit.who.signed_in
    return View(
        template="membership.html.j2",
        status=status,
        values={
            "wish": wish,
            "here": path(
                "subscribe" if wish == "subscribe" else "signoff", visit.list.address
            ),
            "member": signed_in and is_member(visit.conn, visit.list.id, visit.by),
            "foretold": joining.foretell(
                asker(visit), visit.list, wish, settings=settings
            ),
            "receptions": [
                (each, visit.say(RECEPTIONS[each]))
                for each in options.allowed(settings)
                if each in RECEPTIONS and each != "none"
            ],
            "default_reception": settings.default_reception,
            "address": safe(visit.asked.one("address"))[:254],
            "wrong": wrong,
        },
    )


PAGES = (
    Page(path="/subscribe/{list}", need=Need.SCENARIO, get=show_join, post=join),
    Page(path="/signoff/{list}", need=Need.SCENARIO, get=show_leave, post=leave),
)
