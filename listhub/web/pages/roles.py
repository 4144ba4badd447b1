"""Owners and moderators: who they are, how their mail comes; named and dismissed.

Moderators are the owners' to name, owners those of privileged owners and listmasters.
Whoever becomes one, or is one no more, is told by mail.
"""

import uuid
from typing import cast

from listhub.errors import UsageError
from listhub.i18n.text import N_, Text
from listhub.lists import grants, offices
from listhub.lists.grants import Changes, Kind, LastOwnerError, Profile
from listhub.lists.greetings import Desk
from listhub.lists.said import SaidError, sentence_of
from listhub.mail.address import key
from listhub.spool import store
from listhub.web.door.answer import Answer, Moved, Refused, View, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages.settings_place import rank

KINDS: tuple[Kind, ...] = ("owner", "moderator")

ADDED = N_("%(address)s is told by mail of the new task.")
REMOVED = N_("%(address)s has this task no more.")
CHANGED = N_("Saved for %(address)s.")
SAME = N_("Nothing was changed.")
NOT_YOURS = N_("Owners are named by privileged owners and by listmasters.")


def show(visit: Visit) -> Answer:
    """Show who owns and who moderates the list."""
    return _page(visit)


def act(visit: Visit) -> Answer:
    """Name somebody, change how they have the role, or dismiss them."""
    kind = _kind(visit)
    work = {"add": _add, "change": _change, "remove": _remove}.get(
        visit.asked.one("do")
    )
    if work is None:
        raise no_page()
    return work(visit, kind)


def _add(visit: Visit, kind: Kind) -> Answer:
    address = visit.asked.one("address").strip()
    profile: Profile = "normal"
    if kind == "owner" and visit.asked.one("profile") == "privileged":
        profile = "privileged"
    try:
        items = offices.appoint(
            _desk(visit),
            visit.list,
            address,
            kind=kind,
            actor=visit.by,
            how="web",
            profile=profile,
        )
    except UsageError as error:
        said = sentence_of(error)
        return _page(visit, wrong=(kind, said), typed=address, status=422)
    store.put(visit.conn, items)
    return _back(visit, Text(ADDED, address=address))


def _change(visit: Visit, kind: Kind) -> Answer:
    address = visit.asked.one("address")
    profile = visit.asked.one("profile") if kind == "owner" else ""
    changes = Changes(
        profile=cast("Profile", profile)
        if profile in {"normal", "privileged"}
        else None,
        reception="mail" if visit.asked.one("mail") else "none",
        concealed=bool(visit.asked.one("concealed")),
        info=visit.asked.one("info").strip(),
    )
    try:
        changed = grants.change(
            visit.conn,
            visit.list.id,
            address,
            changes,
            kind=kind,
            name=visit.list.address,
            actor=visit.by,
            how="web",
        )
    except SaidError as error:
        return _back(visit, error.text, well=False)
    if not changed:
        return _back(visit, Text(SAME), well=False)
    return _back(visit, Text(CHANGED, address=address))


def _remove(visit: Visit, kind: Kind) -> Answer:
    address = visit.asked.one("address")
    # Listmasters may, once they have read what it means.
    sure = bool(visit.asked.one("sure")) and rank(visit) == "listmaster"
    try:
        items = offices.dismiss(
            _desk(visit),
            visit.list,
            address,
            kind=kind,
            actor=visit.by,
            how="web",
            keep_last=not sure,
        )
    except LastOwnerError as error:
        return _page(visit, last=address, problem=error.text, status=409)
    except SaidError as error:
        return _back(visit, error.text, well=False)
    store.put(visit.conn, items)
    if kind == "owner" and key(address) == key(visit.by) and _gone(visit):
        return Moved(to="/my", said=Text(REMOVED, address=address))
    return _back(visit, Text(REMOVED, address=address))


def _gone(visit: Visit) -> bool:
    """Whether who has dismissed themselves may not see this page any more."""
    return not visit.who.runs(visit.list.domain_id)


def _kind(visit: Visit) -> Kind:
    """Return the role that is meant; refused where it is not the visitor's to give."""
    kind = visit.asked.one("kind")
    if kind not in KINDS:
        raise no_page()
    if kind == "owner" and rank(visit) == "owner":
        raise Refused(403, Text(NOT_YOURS))
    return kind


def _desk(visit: Visit) -> Desk:
    return Desk(conn=visit.conn, settings=visit.settings, trace=uuid.uuid4())


def _back(visit: Visit, said: Text, *, well: bool = True) -> Moved:
    to = path("roles", visit.list.address)
    return Moved(to=to, said=said, tone="well" if well else "note")


def _page(
    visit: Visit,
    *,
    wrong: tuple[Kind, Text] | None = None,
    typed: str = "",
    last: str = "",
    problem: Text | None = None,
    status: int = 200,
) -> View:
    mine = rank(visit)
    return View(
        template="roles.html.j2",
        values={
            "holders": [
                (kind, grants.of_list(visit.conn, visit.list.id, kind=kind))
                for kind in KINDS
            ],
            "may": {"owner": mine != "owner", "moderator": True},
            "wrong": wrong,
            "typed": typed,
            "last": last,
            "may_leave_none": mine == "listmaster",
            "problem": problem,
        },
        status=status,
    )


PAGES = (Page(path="/roles/{list}", need=Need.OWNER, get=show, post=act),)
