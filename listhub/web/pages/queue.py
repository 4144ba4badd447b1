"""The queue: what waits for somebody's decision, over all their lists or of one.

Whatever is ticked, or all that the filter means, is decided at once: workers carry it
out, what destroys something waits ten seconds for an undo, and the next page says what
is on its way.
"""

from collections.abc import Mapping
from types import MappingProxyType

from listhub.i18n.text import N_, Text
from listhub.lists.moderation import delayed, likes, progress, queue
from listhub.lists.moderation.choosing import Filter
from listhub.lists.moderation.delayed import Scheduled
from listhub.lists.moderation.outcomes import Action, Decision, Gone
from listhub.lists.said import SaidError
from listhub.spool import store
from listhub.web.door.answer import Answer, Moved, View, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages import queue_choice
from listhub.web.pages.queue_choice import Choice

#: From so many on it is worth to show what is alike.
ENOUGH_TO_GROUP = 10

#: What can be done with many, by the buttons' names.
DECISIONS: Mapping[str, Decision] = MappingProxyType(
    {
        "approve": Decision(action=Action.APPROVE),
        "allow": Decision(action=Action.APPROVE, allow=True),
        "reject": Decision(action=Action.REJECT),
        "discard": Decision(action=Action.DISCARD),
        "spam": Decision(action=Action.SPAM),
        "block": Decision(action=Action.DISCARD, block=True),
    }
)

NOTHING_CHOSEN = N_("Nothing was ticked; nothing was changed.")
ALL_TAKEN = N_("Nothing of it waits any more: it was decided, or is on its way.")
ON_ITS_WAY = {
    "approve": N_("%(count)s go their way."),
    "allow": N_(
        "%(count)s go their way, and their senders are let through from now on."
    ),
    "reject": N_("%(count)s are being rejected; you can undo it for ten seconds."),
    "discard": N_("%(count)s are being discarded; you can undo it for ten seconds."),
    "spam": N_(
        "%(count)s are being reported as spam; you can undo it for ten seconds."
    ),
    "block": N_(
        "%(count)s are being discarded and their senders blocked; you can undo it for"
        " ten seconds."
    ),
}
PARTLY = N_("%(said)s %(left)s were left out: others have decided them.")


def show(visit: Visit) -> Answer:
    """Show a page of what waits, with counts, groups and what was decided lately."""
    choice = queue_choice.read(visit.asked)
    wanted = choice.filter(_lists(visit))
    found = queue.page(
        visit.conn,
        visit.reach,
        wanted,
        sort=choice.order,
        after=visit.asked.one("after"),
        before=visit.asked.one("before"),
    )
    counts = queue.counts(visit.conn, visit.reach, wanted)
    grouped = counts.total >= ENOUGH_TO_GROUP and not choice.like
    return View(
        template="queue.html.j2",
        values={
            "choice": choice,
            "page": found,
            "counts": counts,
            "groups": likes.groups(visit.conn, visit.reach, wanted) if grouped else (),
            "lately": progress.of_person(visit.conn, visit.by),
            "here": visit.asked.path,
            "to": lambda **more: path_of(visit, choice, **more),
        },
    )


def decide(visit: Visit) -> Answer:
    """Decide what is ticked, or everything that the filter means."""
    choice = queue_choice.read(visit.asked)
    back = path_of(visit, choice)
    name = visit.asked.one("do")
    decision = DECISIONS.get(name)
    if decision is None:
        return Moved(to=back, said=Text(NOTHING_CHOSEN), tone="note")
    chosen: Filter | tuple[int, ...] = visit.asked.numbers("id")
    if visit.asked.one("whole"):
        chosen = choice.filter(_lists(visit))
    elif not chosen:
        return Moved(to=back, said=Text(NOTHING_CHOSEN), tone="note")
    try:
        scheduled = delayed.schedule(
            visit.conn, visit.reach, chosen, decision, by=visit.by, how="web"
        )
    except SaidError as error:
        return Moved(to=back, said=error.text, tone="bad")
    store.put(visit.conn, scheduled.items)
    tone = "well" if scheduled.total else "note"
    return Moved(to=back, said=said(name, scheduled), tone=tone)


def said(name: str, scheduled: Scheduled) -> Text:
    """Return the sentence about a decision that is on its way."""
    if not scheduled.total:
        left = scheduled.left_out
        return left[0].sentence if len(left) == 1 else Text(ALL_TAKEN)
    text = Text(ON_ITS_WAY[name], count=scheduled.total)
    if scheduled.left_out:
        return Text(PARTLY, said=text, left=len(scheduled.left_out))
    return text


def show_decision(visit: Visit) -> Answer:
    """Show how far a decision is; the page asks again until it has ended."""
    found = progress.of_decision(visit.conn, visit.asked.number_of("id"))
    if found is None or found.decided_by != visit.by:
        raise no_page()
    failed = progress.results(visit.conn, found.id, outcomes=("failed", "already"))
    return View(template="decision.html.j2", values={"decision": found, "rest": failed})


def undo(visit: Visit) -> Answer:
    """Take one's own decision back, as far as it has not taken effect."""
    number = visit.asked.number_of("id")
    undone = delayed.undo(visit.conn, number, by=visit.by, how="web")
    if isinstance(undone, Gone):
        raise no_page()
    return Moved(
        to=visit.back("/modindex"),
        said=undone.sentence,
        tone="well" if undone.taken_back else "note",
    )


def path_of(visit: Visit, choice: Choice, **more: object) -> str:
    """Return the address of the same queue, with some fields changed."""
    query = {**choice.query, **more}
    parts = visit.asked.path.strip("/").split("/")
    return path(*parts, query=query)


def _lists(visit: Visit) -> tuple[int, ...]:
    return (visit.row.id,) if visit.row else ()


PAGES = (
    Page(path="/modindex", need=Need.DECIDER, get=show, post=decide),
    Page(path="/modindex/{list}", need=Need.MODERATOR, get=show, post=decide),
    # Mails about requests lead here.
    Page(path="/requests/{list}", need=Need.MODERATOR, get=show, post=decide),
    Page(path="/decisions/{id}", need=Need.PERSON, get=show_decision, post=undo),
)
