"""One member as an owner sees them: options, how they came, what came back, undo."""

import dataclasses

from listhub import clock
from listhub.errors import UsageError
from listhub.i18n.text import N_, Text
from listhub.lists import options
from listhub.lists.bouncing import browse, undo
from listhub.lists.options import NOT_ME, Changes
from listhub.lists.roster import change, record
from listhub.lists.roster.record import Record
from listhub.lists.said import sentence_of
from listhub.lists.setting_titles import RECEPTIONS
from listhub.lists.settings import load_list_settings
from listhub.spool import store
from listhub.web.door.answer import Answer, Moved, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages import my_form

SAVED = N_("The options of %(address)s are saved.")
RESET = N_("What was reported of %(address)s does not count any more.")
UNDONE = N_("Undone.")
NO_MEMBER = N_("%(address)s is not a member of this list.")


def show(visit: Visit) -> Answer:
    """Show all that the list knows of a member, or of somebody who was one."""
    address = visit.asked.one("address").strip()
    return _page(visit, address)


def act(visit: Visit) -> Answer:
    """Change the options, remove, forget bounces, or undo what was done about them."""
    address = visit.asked.one("address").strip()
    deed = {"remove": _remove, "reset": _reset, "undo": _undo}.get(
        visit.asked.one("do"), _save
    )
    try:
        # A sentence is an answer, and answers are committed: of what failed nothing is.
        with visit.conn.transaction():
            return deed(visit, address)
    except UsageError as error:
        return Moved(to=_path(visit, address), said=sentence_of(error), tone="bad")


def _save(visit: Visit, address: str) -> Answer:
    found = options.find(visit.conn, visit.list.id, address)
    if found is None:
        return _no_member(visit, address)
    reception = visit.asked.one("reception")
    wanted = dataclasses.replace(
        _pause(visit, found),
        reception=reception if reception in RECEPTIONS else None,
        concealed=bool(visit.asked.one("concealed")),
    )
    outcome = options.change(
        visit.conn,
        visit.list,
        address,
        wanted,
        settings=load_list_settings(visit.conn, visit.list.id),
        actor=visit.by,
        how="web",
        any_reception=True,
        expected=visit.asked.one("mark"),
    )
    said = Text(SAVED, address=address) if outcome else None
    return Moved(to=_path(visit, address), said=said)


def _pause(visit: Visit, found: options.Options) -> Changes:
    wanted, until = bool(visit.asked.one("paused")), visit.asked.one("until").strip()
    if not wanted:
        return Changes(suspended=False if found.suspended_at else None)
    return Changes(
        suspended=True,
        since=found.suspended_at or clock.now(),
        until=my_form.day(until) if until else None,
    )


def _remove(visit: Visit, address: str) -> Answer:
    outcome = change.remove(
        visit.conn,
        visit.list,
        [address],
        site=visit.settings,
        actor=visit.by,
        how="web",
        greet=bool(visit.asked.one("greet")),
    )
    store.put(visit.conn, outcome.items)
    result = outcome.results[0]
    return Moved(
        to=path("members", visit.list.address),
        said=result.text,
        tone="well" if result.done else "note",
    )


def _reset(visit: Visit, address: str) -> Answer:
    browse.reset(visit.conn, visit.list.id, [address], actor=visit.by)
    return Moved(to=_path(visit, address), said=Text(RESET, address=address))


def _undo(visit: Visit, address: str) -> Answer:
    number = visit.asked.number("action")
    known = {each.id for each in browse.log(visit.conn, list_id=visit.list.id)}
    if number not in known:
        return _no_member(visit, address)
    undone = undo.undo(visit.conn, number, actor=visit.by)
    said = Text(UNDONE) if undone.changed else Text("%(said)s", said=undone.sentence)
    return Moved(to=_path(visit, address), said=said)


def _no_member(visit: Visit, address: str) -> Moved:
    to = path("members", visit.list.address)
    return Moved(to=to, said=Text(NO_MEMBER, address=address), tone="note")


def _page(visit: Visit, address: str) -> View:
    found: Record | None = record.record(
        visit.conn,
        visit.list,
        address,
        settings=load_list_settings(visit.conn, visit.list.id),
    )
    shown = found.options if found else None
    reception = shown.reception if shown else ""
    if shown and reception == "each" and not shown.own_posts:
        reception = NOT_ME
    return View(
        template="member.html.j2",
        status=200 if found else 404,
        values={
            "address": address,
            "record": found,
            "reception": reception,
            "mark": options.mark(shown) if shown else "",
            "gone": () if found else record.gone(visit.conn, visit.list, address),
            "receptions": RECEPTIONS,
        },
    )


def _path(visit: Visit, address: str) -> str:
    return path("member", visit.list.address, query={"address": address})


PAGES = (Page(path="/member/{list}", need=Need.OWNER, get=show, post=act),)
