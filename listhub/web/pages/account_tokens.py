"""Tokens of the API: made for a purpose, shown once, revoked at any time."""

from datetime import timedelta

from listhub import clock
from listhub.i18n.text import N_, Text
from listhub.lists.accounts import token_scope, tokens
from listhub.lists.accounts.tokens import RIGHTS, Rights, Token
from listhub.lists.said import SaidError
from listhub.web.door.answer import Answer, Moved, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.account_recent import recent

REVOKED = N_(
    "The token “%(name)s” is revoked; whatever uses it is refused from now on."
)
REVOKED_BEFORE = N_("That token had ended already.")

#: Each says what it allows, and what it does not.
ABOUT_RIGHTS: dict[Rights, str] = {
    "read": N_("Read: look at what I may see"),
    "moderate": N_("Moderate: also decide what waits"),
    "manage": N_("Manage: also change members and settings"),
}
#: Days; 0: for good.
LIVES = {
    30: N_("30 days"),
    90: N_("90 days"),
    365: N_("a year"),
    0: N_("until I revoke it"),
}
_USUAL_LIFE = 90

_HERE = "/account/tokens"


def show(visit: Visit) -> Answer:
    """List them, with the form that makes one."""
    return _page(visit)


def change(visit: Visit) -> Answer:
    """Make a token, or revoke one."""
    if visit.asked.one("do") == "revoke":
        return _revoke(visit)
    rights = visit.asked.one("rights")
    days = visit.asked.number("days")
    try:
        domain_id, list_id = token_scope.read(
            visit.conn, visit.asked.one("scope"), who=visit.who
        )
        made, _number = tokens.make(
            visit.conn,
            visit.who.person_id,
            name=visit.asked.one("name"),
            rights=next((each for each in RIGHTS if each == rights), "read"),
            settings=visit.settings,
            domain_id=domain_id,
            list_id=list_id,
            life=timedelta(days=days if days in LIVES else _USUAL_LIFE) or None,
            after=visit.asked.number("after"),
        )
    except SaidError as error:
        return _page(visit, wrong=error.text, status=400)
    return _page(visit, made=made)


def _revoke(visit: Visit) -> Answer:
    number, person_id = visit.asked.number("token"), visit.who.person_id
    mine = tokens.tokens(visit.conn, person_id=person_id)
    name = next((each.name for each in mine if each.id == number), "")
    if not tokens.revoke(visit.conn, number, actor=visit.by, person_id=person_id):
        return Moved(to=_HERE, said=Text(REVOKED_BEFORE), tone="note")
    return Moved(to=_HERE, said=Text(REVOKED, name=name))


def _page(
    visit: Visit, *, made: str = "", wrong: Text | None = None, status: int = 200
) -> View:
    mine = tokens.tokens(visit.conn, person_id=visit.who.person_id)
    asked = visit.asked if wrong else None
    return View(
        template="account_tokens.html.j2",
        status=status,
        values={
            "live": [each for each in mine if _lives(each)],
            "ended": [each for each in mine if not _lives(each)],
            "newest": max((each.id for each in mine), default=0),
            "made": made,
            "wrong": wrong,
            "name": asked.one("name") if asked else "",
            "scope": asked.one("scope") if asked else "",
            "rights": [(each, visit.say(ABOUT_RIGHTS[each])) for each in RIGHTS],
            "chosen_rights": asked.one("rights") if asked else "read",
            "lives": [(days, visit.say(text)) for days, text in LIVES.items()],
            "chosen_life": asked.number("days") if asked else _USUAL_LIFE,
            "about_rights": ABOUT_RIGHTS,
        },
    )


def _lives(token: Token) -> bool:
    expired = token.expires_at is not None and token.expires_at <= clock.now()
    return token.revoked_at is None and not expired


PAGES = (Page(path=_HERE, need=Need.PERSON, get=recent(show), post=recent(change)),)
