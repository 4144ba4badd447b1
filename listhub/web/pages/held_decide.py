"""Decide an item and go on to the next one of the queue.

What destroys something is written down and takes effect after ten seconds, in which it
can be undone; an approval takes effect at once.  Whoever comes second changes nothing,
and reads who was first.
"""

import dataclasses

from listhub.errors import UsageError
from listhub.i18n.text import N_, Text
from listhub.lists.moderation import decide as decisions, delayed, likes
from listhub.lists.moderation.choosing import Filter
from listhub.lists.moderation.delayed import Scheduled
from listhub.lists.moderation.outcomes import (
    STATES,
    Action,
    AlreadyDecided,
    Decided,
    Decision,
)
from listhub.lists.moderation.request import Request
from listhub.lists.said import sentence_of
from listhub.mail.address import key
from listhub.spool import store
from listhub.web.door.answer import Answer, Moved
from listhub.web.door.visit import Visit
from listhub.web.pages import held_request, queue_way
from listhub.web.pages.queue_deeds import DECISIONS, NOTHING_CHOSEN, said
from listhub.web.pages.queue_way import Way

CLAIM_WAS = N_("%(said)s %(who)s had claimed it.")
TOO_LATE_FOR = N_("%(said)s The decision of %(who)s, which was on its way, is void.")
NONE_ALIKE = N_("Nothing like this waits any more; nothing was changed.")
NOT_POSSIBLE = N_("This was not possible, and nothing was changed: %(why)s")


def decide(visit: Visit) -> Answer:
    """Decide an item, or all that is like it, and move on."""
    request = held_request.of(visit)
    way = queue_way.read(visit)
    name = visit.asked.one("do")
    if name not in DECISIONS:
        return Moved(to=way.item(request.id), said=Text(NOTHING_CHOSEN), tone="note")
    return carry_out(visit, request, way, _decision(visit, name, request))


def carry_out(visit: Visit, request: Request, way: Way, decision: Decision) -> Answer:
    """Carry a decision out, or have workers do it, and say what came of it."""
    scope = visit.asked.one("scope")
    try:
        # A savepoint: what cannot be done leaves nothing behind, not even by halves.
        with visit.conn.transaction():
            if scope:
                return _all_alike(visit, request, way, decision)
            if delayed.is_destructive(decision):
                return _later(visit, request, way, decision)
            return _now(visit, request, way, decision)
    except UsageError as error:
        text = Text(NOT_POSSIBLE, why=sentence_of(error))
        return Moved(to=way.item(request.id), said=text, tone="bad")


def _decision(visit: Visit, name: str, request: Request) -> Decision:
    """Return what a button means, with what was ticked beside it."""
    quiet = bool(visit.asked.one("quiet"))
    decision = dataclasses.replace(DECISIONS[name], quiet=quiet)
    if decision.action is Action.APPROVE and visit.asked.one("topics_shown"):
        chosen = visit.asked.all("topic")
        if set(chosen) != set(request.topics):
            return dataclasses.replace(decision, topics=chosen)
    return decision


def _now(visit: Visit, request: Request, way: Way, decision: Decision) -> Answer:
    """Decide at once."""
    outcome = decisions.decide(
        visit.conn,
        request.id,
        decision,
        by=visit.by,
        how="web",
        settings=visit.settings,
    )
    if isinstance(outcome, Decided):
        store.put(visit.conn, outcome.items)
        return _on(visit, request, way, _told(outcome, by=visit.by))
    if isinstance(outcome, AlreadyDecided):
        return _second(visit, outcome.request, way, decision)
    return Moved(to=way.queue(), said=outcome.sentence, tone="note")


def _later(visit: Visit, request: Request, way: Way, decision: Decision) -> Answer:
    """Write a decision down, to take effect when it cannot be undone any more."""
    scheduled = _schedule(visit, (request.id,), decision)
    if scheduled.total:
        # What can be undone is said with its button, on whatever page comes next.
        return _on(visit, request, way, None)
    [left] = scheduled.left_out
    if left.why == "decided":
        return _second(visit, held_request.of(visit), way, decision)
    if _is_own(visit, request, decision):
        return _on(visit, request, way, left.sentence)
    return Moved(to=way.item(request.id), said=left.sentence, tone="note")


def _all_alike(visit: Visit, request: Request, way: Way, decision: Decision) -> Answer:
    """Decide all that has a trait in common with an item, over all one's lists."""
    alike = likes.of_request(visit.conn, visit.reach, request.id)
    trait = visit.asked.one("scope")
    like = next((each.like for each in alike if each.like.trait == trait), None)
    if like is None:
        return Moved(to=way.item(request.id), said=Text(NONE_ALIKE), tone="note")
    scheduled = _schedule(visit, Filter(like=like), decision)
    if not scheduled.total:
        return Moved(to=way.item(request.id), said=Text(NONE_ALIKE), tone="note")
    return _on(visit, request, way, said(decision, scheduled))


def _schedule(
    visit: Visit, selection: Filter | tuple[int, ...], decision: Decision
) -> Scheduled:
    scheduled = delayed.schedule(
        visit.conn, visit.reach, selection, decision, by=visit.by, how="web"
    )
    store.put(visit.conn, scheduled.items)
    return scheduled


def _second(visit: Visit, request: Request, way: Way, decision: Decision) -> Answer:
    """Say who was first; whoever has clicked twice goes on as after one click."""
    outcome = AlreadyDecided(request=request)
    own = key(outcome.who) == key(visit.by) and outcome.how == "web"
    if own and outcome.state == STATES[decision.action]:
        return _on(visit, request, way, outcome.sentence)
    return Moved(to=way.item(request.id), said=outcome.sentence, tone="note")


def _is_own(visit: Visit, request: Request, decision: Decision) -> bool:
    """Tell whether the decision that is on its way is this very one: a second click."""
    found = delayed.on_the_way(visit.conn, request.id)
    if found is None:
        return False
    action, who = found
    return action is decision.action and key(who) == key(visit.by)


def _told(decided: Decided, *, by: str) -> Text:
    told = decided.sentence
    if decided.overtaken and key(decided.overtaken) != key(by):
        return Text(TOO_LATE_FOR, said=told, who=decided.overtaken)
    if decided.claim_of:
        return Text(CLAIM_WAS, said=told, who=decided.claim_of)
    return told


def _on(
    visit: Visit,
    request: Request,
    way: Way,
    told: Text | None,
) -> Answer:
    return Moved(to=way.on(visit, request.id), said=told)
