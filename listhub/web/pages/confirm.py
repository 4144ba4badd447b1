"""Confirm what was asked for in one's name: the link in the mail that asks "was it you?".

Looking (GET) changes nothing: programs that read mail open links first.  A button
confirms, the other one takes the request back.  The key was mailed to one address, and
whoever has it reads that mail.
"""

import dataclasses

from listhub.i18n.text import N_, Text
from listhub.lists.moderation import decide as decisions, keys
from listhub.lists.moderation.keys import Found
from listhub.lists.moderation.outcomes import Action, Decided, Decision
from listhub.lists.said import SaidError
from listhub.spool import store
from listhub.web.door.answer import Answer, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit

NOT_GOOD = N_("This link is good no more: it was used, or is too old, or is cut off.")
CONFIRMED = N_("Confirmed. It is being done; what comes of it is told by mail.")
WITHDRAWN = N_("Taken back: nothing happens.")
UNSAID = N_("Nothing was chosen; nothing was changed.")

#: By the buttons' names.
_DECISIONS = {
    "yes": (Decision(action=Action.CONFIRM), CONFIRMED),
    "no": (Decision(action=Action.WITHDRAW), WITHDRAWN),
}


def show(visit: Visit) -> Answer:
    """Show what is asked, with the buttons that answer."""
    return _page(visit, _found(visit))


def answer(visit: Visit) -> Answer:
    """Confirm it, or take it back; the second click is told that it was used."""
    found = _found(visit)
    if found is None:
        return _page(visit, None)
    if visit.asked.one("do") not in _DECISIONS:
        return _page(visit, found, said=Text(UNSAID))
    decision, sentence = _DECISIONS[visit.asked.one("do")]
    if decision.action is Action.CONFIRM and found.request.topic_choices:
        known = [name for name, _ in _topics(found)]
        chosen = [each for each in visit.asked.all("topic") if each in known]
        decision = dataclasses.replace(decision, topics=tuple(chosen) or None)
    try:
        with visit.conn.transaction():
            outcome = decisions.decide(
                visit.conn,
                found.request.id,
                decision,
                by=found.holder,
                how="web",
                settings=visit.settings,
            )
    except SaidError as error:
        return _page(visit, found, said=error.text)
    if not isinstance(outcome, Decided):
        return _page(visit, None)
    store.put(visit.conn, outcome.items)
    return View(template="confirm.html.j2", values={"done": Text(sentence)})


def _found(visit: Visit) -> Found | None:
    found = keys.find(visit.conn, visit.asked.params["key"], action="confirm")
    return found if isinstance(found, Found) else None


def _topics(found: Found) -> list[tuple[str, str]]:
    """Return the topics that a post's author is asked for: name and title."""
    pairs = (each.partition(":") for each in found.request.topic_choices)
    return [(name.strip(), title.strip() or name.strip()) for name, _, title in pairs]


def _page(visit: Visit, found: Found | None, *, said: Text | None = None) -> View:
    if found is None:
        values = {"done": None, "found": None, "said": Text(NOT_GOOD)}
        return View(template="confirm.html.j2", status=410, values=values)
    return View(
        template="confirm.html.j2",
        status=400 if said else 200,
        values={
            "done": None,
            "found": found,
            "said": said,
            "topics": _topics(found),
            "key": keys.clean(visit.asked.params["key"]),
        },
    )


PAGES = (Page(path="/confirm/{key}", need=Need.ANYBODY, get=show, post=answer),)
