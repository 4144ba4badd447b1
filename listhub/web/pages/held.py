"""An item of the queue: all that helps to decide it, and the ways to do so.

The page is the same for posts and for what is asked by command (to join, to leave, to
open a list); a post has its mail besides.  Decisions are `held_decide`'s.
"""

from collections.abc import Mapping

from listhub.archive import framed, render
from listhub.errors import TemporaryError
from listhub.lists import topics
from listhub.lists.moderation import in_short, item, likes, progress
from listhub.lists.moderation.item import Shown
from listhub.lists.moderation.outcomes import AlreadyDecided
from listhub.lists.moderation.request import POST, Request
from listhub.lists.settings import load_list_settings
from listhub.lists.topics import Topic
from listhub.web import frame
from listhub.web.door.answer import Answer, View, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages import held_request, queue_way
from listhub.web.pages.archive_message import QUOTED
from listhub.web.pages.held_decide import decide
from listhub.web.pages.queue_way import Way

#: What asked for something else than a post says besides, by its name in `detail`.
_TOLD = ("name", "reception", "subject", "topics", "description")


def show(visit: Visit) -> Answer:
    """Show a request: what, from whom, why it waits, and what can be done."""
    request = held_request.of(visit)
    way = queue_way.read(visit)
    found = item.show(
        visit.conn,
        request.id,
        settings=visit.settings,
        view=render.View(
            addresses=True,
            file_url=framed.place,
            html=visit.asked.one("as") != "text",
            quoted=visit.say(QUOTED),
        ),
        ask=visit.ask,
    )
    if found is None:
        raise no_page()
    waits = found.request.state == "waiting"
    return View(
        template="held.html.j2",
        values={
            "item": found,
            "request": found.request,
            "way": way,
            "waits": waits,
            "phrases": in_short.of_change(found.standing, reader=visit.by),
            "decided": None if waits else AlreadyDecided(request=found.request),
            "alike": likes.of_request(visit.conn, visit.reach, request.id)
            if waits
            else [],
            "near": way.around(visit, request.id),
            "lately": progress.of_person(visit.conn, visit.by),
            "topics": _topics(visit, request) if waits else (),
            **_mail(visit, found, way),
        },
    )


def _mail(visit: Visit, found: Shown, way: Way) -> Mapping[str, object]:
    """Return how the mail of a post is shown: as text here, or in a frame."""
    told = {
        name: value
        for name in _TOLD
        if (value := found.request.detail.get(name)) and isinstance(value, str)
    }
    if found.mail is None:
        return {"told": told}
    shown = found.mail.shown
    in_frame = framed.has_html(shown.body)
    images = visit.asked.one("images") == "yes"
    return {
        "told": told,
        "shown": shown,
        "in_frame": in_frame,
        "as_text": visit.asked.one("as") == "text",
        "images": images,
        "sandbox": frame.SANDBOX,
        "frame_path": way.item(
            found.request.id, "frame", images="yes" if images else ""
        ),
    }


def _topics(visit: Visit, request: Request) -> tuple[Topic, ...]:
    """Return the topics that a moderator may give a post."""
    if request.kind != POST or request.list_id is None:
        return ()
    try:
        return topics.of_list(load_list_settings(visit.conn, request.list_id))
    except TemporaryError:
        # Settings that are wrong stop the list's mail, and no moderator.
        return ()


PAGES = (Page(path="/held/{id}", need=Need.DECIDER, get=show, post=decide),)
