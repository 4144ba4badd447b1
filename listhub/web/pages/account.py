"""A person's account: name, language, address, and the ways in that it has."""

from listhub.errors import UsageError
from listhub.i18n.languages import LANGUAGES, NAMES
from listhub.i18n.text import N_, Text
from listhub.lists import persons
from listhub.lists.accounts import (
    identities,
    limits,
    passwords,
    second_factor,
    telling,
)
from listhub.lists.mine import address
from listhub.lists.mine.visit import Visit as Asker
from listhub.lists.said import sentence_of
from listhub.mail.address import key
from listhub.spool import store
from listhub.web.door.answer import Answer, Moved, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.account_recent import recent
from listhub.web.pages.sign_in import TOO_OFTEN

SAVED = N_("Saved.")
AS_BROWSER = N_("As my browser and each list have it")
UNBOUND = N_("You can no longer sign in by way of %(issuer)s.")
NO_IDENTITY = N_("That way in is gone already.")
NO_DOMAIN = N_("There is no domain here yet that could write to you.")

_HERE = "/account"


def show(visit: Visit) -> Answer:
    """Show what is known of the person, with the forms to change it."""
    return _page(visit)


def save(visit: Visit) -> Answer:
    """Change name and language; what is as it was stays."""
    chosen = visit.asked.one("language")
    language = chosen if chosen in LANGUAGES else None
    by = visit.by
    try:
        persons.set_name(visit.conn, by, visit.asked.one("name"), actor=by)
    except UsageError as error:
        return _page(visit, wrong_name=sentence_of(error), status=400)
    persons.set_language(visit.conn, by, language, actor=by)
    # The next page is in the language that they have just chosen, and so is this.
    return Moved(to=_HERE, said=Text(SAVED), language=language or "")


def move(visit: Visit) -> Answer:
    """Ask for another address: it is confirmed from there."""
    written = visit.asked.one("address")
    wait = limits.take(
        visit.conn,
        (limits.LINK_NETWORK, limits.network(visit.asked.client)),
        (limits.LINK_ADDRESS, key(written.strip())),
    )
    if wait:
        wrong = Text(TOO_OFTEN, wait=visit.span(wait))
        return _page(visit, wrong_address=wrong, status=429)
    number, name = telling.home(visit.conn, settings=visit.settings)
    if not number:
        return _page(visit, wrong_address=Text(NO_DOMAIN), status=403)
    asker = Asker(
        conn=visit.conn,
        settings=visit.settings,
        ask=visit.ask,
        domain_id=number,
        domain=name,
        sender=visit.by,
        auth=visit.auth,
    )
    try:
        answer = address.change_address(asker, written)
    except UsageError as error:
        return _page(visit, wrong_address=sentence_of(error), status=400)
    if answer.state == "refused":
        return _page(visit, wrong_address=answer.text, status=403)
    store.put(visit.conn, answer.items)
    return Moved(to=_HERE, said=answer.text)


def unbind(visit: Visit) -> Answer:
    """Take away a provider's word on who this is."""
    number = visit.asked.number("identity")
    bound = identities.of_person(visit.conn, visit.who.person_id)
    issuer = next((each.issuer for each in bound if each.id == number), "")
    if not identities.remove(visit.conn, visit.who.person_id, number):
        return Moved(to=_HERE, said=Text(NO_IDENTITY), tone="note")
    return Moved(to=_HERE, said=Text(UNBOUND, issuer=issuer))


def _page(
    visit: Visit,
    *,
    wrong_name: Text | None = None,
    wrong_address: Text | None = None,
    status: int = 200,
) -> View:
    person_id = visit.who.person_id
    return View(
        template="account.html.j2",
        status=status,
        values={
            "languages": [("", visit.say(AS_BROWSER)), *NAMES.items()],
            "passwords": visit.settings.sign_in.passwords,
            "has_password": passwords.has_one(visit.conn, person_id),
            "factor": second_factor.state(visit.conn, person_id),
            "identities": identities.of_person(visit.conn, person_id),
            "wrong_name": wrong_name,
            "wrong_address": wrong_address,
            "written": visit.asked.one("address"),
        },
    )


PAGES = (
    Page(path=_HERE, need=Need.PERSON, get=show, post=save),
    Page(path="/account/address", need=Need.PERSON, post=recent(move, back=_HERE)),
    Page(path="/account/identities", need=Need.PERSON, post=recent(unbind, back=_HERE)),
)
