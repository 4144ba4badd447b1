"""Live: what others do about the requests on a page, for scripts that ask now and then.

The sentences come from here, in the reader's language; a script only shows them.
"""

from starlette.responses import JSONResponse, Response

from listhub.lists.moderation import in_short, watching
from listhub.lists.moderation.watching import Change
from listhub.web.door.answer import Answer
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit

#: Letters of a mark, which is a digest.
_MARK = 64


def changes(visit: Visit) -> Answer:
    """Return where requests stand as JSON, or 204 while it is as at the mark."""
    found = watching.changes(
        visit.conn,
        ids=_numbers(visit.asked.one("ids")),
        within=visit.reach,
        since=visit.asked.one("since")[:_MARK],
    )
    if found.requests is None:
        return Response(status_code=204)
    told = [_told(visit, each) for each in found.requests]
    return JSONResponse({"mark": found.mark, "requests": told})


def _numbers(text: str) -> tuple[int, ...]:
    """Return numbers that commas part, as many as one page has."""
    words = text.split(",", watching.MOST)[: watching.MOST]
    return tuple(
        int(word)
        for word in words
        if word.isascii() and word.isdigit() and len(word) <= 18
    )


def _told(visit: Visit, change: Change) -> dict[str, object]:
    return {
        "id": change.id,
        # It can be decided: it waits, and no decision is on its way.
        "open": change.state == "waiting" and not change.pending,
        "decided": change.state != "waiting",
        "note": change.note_digest,
        "phrases": [
            {"text": each.text.into(visit.language), "tone": each.tone}
            for each in in_short.of_change(change, reader=visit.by)
        ],
    }


QUEUE = Page(path="/live/queue", need=Need.DECIDER, get=changes)
PAGES = (QUEUE,)
