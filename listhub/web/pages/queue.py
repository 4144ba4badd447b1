"""The queue: what waits for somebody's decision, over all their lists or of one.

Whatever is ticked, or all that the filter means, is decided at once: workers carry it
out, what destroys something waits ten seconds for an undo, and the next page says what
is on its way.
"""

from functools import partial

from listhub.i18n.text import Text
from listhub.lists.moderation import delayed, in_short, likes, progress, queue
from listhub.lists.moderation.choosing import Filter
from listhub.lists.moderation.outcomes import Gone
from listhub.lists.said import SaidError
from listhub.spool import store
from listhub.web.door.answer import Answer, Moved, Tone, View, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages import queue_way
from listhub.web.pages.queue_deeds import DECISIONS, NOTHING_CHOSEN, said

#: From so many on it is worth to show what is alike.
ENOUGH_TO_GROUP = 10


def show(visit: Visit) -> Answer:
    """Show a page of what waits, with counts, groups and what was decided lately."""
    way = queue_way.read(visit)
    choice, wanted = way.choice, way.filter
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
            "way": way,
            "phrases": partial(in_short.of_waiting, reader=visit.by),
        },
    )


def decide(visit: Visit) -> Answer:
    """Decide what is ticked, or everything that the filter means."""
    way = queue_way.read(visit)
    back = way.queue()
    name = visit.asked.one("do")
    decision = DECISIONS.get(name)
    if decision is None:
        return Moved(to=back, said=Text(NOTHING_CHOSEN), tone="note")
    chosen: Filter | tuple[int, ...] = visit.asked.numbers("id")
    if visit.asked.one("whole"):
        chosen = way.filter
    elif not chosen:
        return Moved(to=back, said=Text(NOTHING_CHOSEN), tone="note")
    try:
        scheduled = delayed.schedule(
            visit.conn, visit.reach, chosen, decision, by=visit.by, how="web"
        )
    except SaidError as error:
        return Moved(to=back, said=error.text, tone="bad")
    store.put(visit.conn, scheduled.items)
    tone: Tone = "well" if scheduled.total else "note"
    return Moved(to=back, said=said(decision, scheduled), tone=tone)


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


PAGES = (
    Page(path="/modindex", need=Need.DECIDER, get=show, post=decide),
    Page(path="/modindex/{list}", need=Need.MODERATOR, get=show, post=decide),
    # Mails about requests lead here.
    Page(path="/requests/{list}", need=Need.MODERATOR, get=show, post=decide),
    Page(path="/decisions/{id}", need=Need.PERSON, get=show_decision, post=undo),
)
