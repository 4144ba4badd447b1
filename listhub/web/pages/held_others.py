"""Among moderators: claim an item, leave a note, be seen while one looks at it."""

from starlette.responses import Response

from listhub.i18n.text import N_, Text
from listhub.lists.moderation import claim as claims, decide as decisions, watching
from listhub.lists.moderation.claim import Claimed, ClaimedByOther
from listhub.lists.moderation.outcomes import Gone
from listhub.web.door.answer import Answer, Moved
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages import held_request, queue_way

YOURS = N_("It is yours for ten minutes; others see that.")
TAKEN_OVER = N_("It is yours now; %(who)s had claimed it.")
ANOTHERS = N_("%(who)s has claimed it; you may take it over, or decide all the same.")
GIVEN_BACK = N_("You have given it back.")
NOT_YOURS = N_("It was not yours any more; nothing was changed.")
NOTED = N_("The note is there for all who may decide this.")
EMPTY_NOTE = N_("The note is empty; nothing was changed.")
LONGEST_NOTE = 2000


def claim(visit: Visit) -> Answer:
    """Claim an item, take it over from another, or give it back."""
    request = held_request.of(visit)
    here = queue_way.read(visit).item(request.id)
    deed = visit.asked.one("do")
    if deed == "give":
        given = claims.give_back(visit.conn, request.id, by=visit.by)
        said = Text(GIVEN_BACK if given else NOT_YOURS)
        return Moved(to=here, said=said, tone="well" if given else "note")
    take = claims.take_over if deed == "take" else claims.claim
    outcome = take(visit.conn, request.id, by=visit.by)
    if isinstance(outcome, Claimed):
        text = Text(TAKEN_OVER, who=outcome.before) if outcome.before else Text(YOURS)
        return Moved(to=here, said=text)
    if isinstance(outcome, ClaimedByOther):
        return Moved(to=here, said=Text(ANOTHERS, who=outcome.by), tone="note")
    if isinstance(outcome, Gone):
        return Moved(to=queue_way.read(visit).queue(), said=outcome.sentence)
    return Moved(to=here, said=outcome.sentence, tone="note")


def note(visit: Visit) -> Answer:
    """Leave a note for the others who may decide."""
    request = held_request.of(visit)
    here = queue_way.read(visit).item(request.id)
    text = visit.asked.one("note")[:LONGEST_NOTE].strip()
    if not text:
        return Moved(to=here, said=Text(EMPTY_NOTE), tone="note")
    decisions.note(visit.conn, request.id, text, by=visit.by, how="web")
    return Moved(to=here, said=Text(NOTED))


def look(visit: Visit) -> Answer:
    """Hear from a page's script that somebody still looks, or does not any more."""
    request = held_request.of(visit)
    if visit.asked.one("do") == "leave":
        watching.leave(visit.conn, request.id, person=visit.by)
    elif request.state == "waiting":
        watching.look(visit.conn, request.id, person=visit.by)
    return Response(status_code=204)


PAGES = (
    Page(path="/held/{id}/claim", need=Need.DECIDER, post=claim),
    Page(path="/held/{id}/note", need=Need.DECIDER, post=note),
    Page(path="/held/{id}/look", need=Need.DECIDER, post=look),
)
