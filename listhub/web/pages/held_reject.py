"""Reject an item with a text: choose it, read it as it would be sent, edit it, send it.

What stands in the field when it is sent is what goes out, to the letter.
"""

from listhub.i18n.languages import NAMES
from listhub.i18n.text import N_
from listhub.lists.moderation import rejecting
from listhub.lists.moderation.outcomes import Action, Decision
from listhub.lists.moderation.rejecting import Preview
from listhub.lists.moderation.request import Request
from listhub.lists.notices.moderation import REJECTIONS
from listhub.web.door.answer import Answer, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages import held_request, queue_way
from listhub.web.pages.held_decide import carry_out

NO_TEXT = N_(
    "There is no text; choose the text that says nothing, if nobody is to be told."
)
#: Characters of a moderator's own words, and of a subject, that are taken.
_MOST_WORDS = 10_000
_MOST_HEADING = 500


def show(visit: Visit) -> Answer:
    """Show the texts, and the chosen one filled in, ready to be edited."""
    request = held_request.of(visit)
    return _view(visit, request, preview(visit, request))


def reject(visit: Visit) -> Answer:
    """Reject with the text as it was edited."""
    request = held_request.of(visit)
    heading = visit.asked.one("heading").strip()[:_MOST_HEADING]
    text = "\n".join(visit.asked.one("text").splitlines()).strip()
    template = chosen(visit)
    silent = REJECTIONS[template] is None or request.is_spam
    if not (text or silent):
        return _view(visit, request, preview(visit, request), wrong=NO_TEXT)
    decision = Decision(
        action=Action.REJECT,
        template=template,
        text="" if silent else text,
        heading="" if silent else heading,
        reason=words(visit),
        block=bool(visit.asked.one("block")),
    )
    return carry_out(visit, request, queue_way.read(visit), decision)


def preview(visit: Visit, request: Request) -> Preview:
    """Return the chosen text as whoever asked would read it."""
    language = visit.asked.one("language")
    return rejecting.preview(
        visit.conn,
        request,
        settings=visit.settings,
        template=chosen(visit),
        words=words(visit),
        language=language if language in NAMES else "",
    )


def chosen(visit: Visit) -> str:
    """Return the name of the text that was chosen, the usual one without a choice."""
    name = visit.asked.one("template", "reject")
    return name if name in REJECTIONS else "reject"


def words(visit: Visit) -> str:
    """Return what the moderator says besides."""
    return "\n".join(visit.asked.one("words")[:_MOST_WORDS].splitlines()).strip()


def _view(visit: Visit, request: Request, found: Preview, *, wrong: str = "") -> Answer:
    texts = rejecting.choices(visit.conn, request, language=found.language)
    return View(
        template="held_reject.html.j2",
        values={
            "request": request,
            "way": queue_way.read(visit),
            "texts": texts,
            "preview": found,
            "words": words(visit),
            "wrong": wrong,
            "waits": request.state == "waiting",
        },
        status=400 if wrong else 200,
    )


PAGES = (Page(path="/held/{id}/reject", need=Need.DECIDER, get=show, post=reject),)
