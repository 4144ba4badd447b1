"""The mail of a held post: in a frame, as it came, and its files.

All of it was written by strangers: it is shown where it can do nothing, read as text,
or saved, and never run.
"""

from starlette.responses import Response

from listhub.archive import framed, render
from listhub.lists.moderation import item
from listhub.spool import bodies
from listhub.web import attachment, frame
from listhub.web.door.answer import Answer, View, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages import held_request, queue_way
from listhub.web.pages.archive_message import QUOTED


def in_frame(visit: Visit) -> Answer:
    """Give the page that the frame shows; images elsewhere only with `images=yes`."""
    request, body_id = held_request.post_of(visit)
    raw = bodies.load(visit.conn, body_id)
    view = render.View(
        addresses=True, file_url=framed.place, html=True, quoted=visit.say(QUOTED)
    )
    rendered = render.render(raw, view, received_at=request.created_at)
    remote = visit.asked.one("images") == "yes"
    page = framed.page(raw, rendered.body, language=visit.language, remote=remote)
    return frame.answer(page, remote=remote)


def source(visit: Visit) -> Answer:
    """Show a held post as it came, header and all, as text, as far as a page can."""
    request, _ = held_request.post_of(visit)
    found = item.source(visit.conn, request)
    if found is None:
        raise no_page()
    return View(
        template="held_source.html.j2",
        values={
            "request": request,
            "way": queue_way.read(visit),
            "source": found,
            "text": found.text.replace("\r\n", "\n"),
        },
    )


def saved(visit: Visit) -> Answer:
    """Give a held post as it came, octet for octet, to be saved."""
    request, body_id = held_request.post_of(visit)
    name = f"held-{request.id}.eml"
    headers = attachment.headers(name=name, stored_type="message/rfc822")
    return Response(bodies.load(visit.conn, body_id), headers=headers)


def file(visit: Visit) -> Answer:
    """Give a file that came with a held post, to be saved."""
    request, _ = held_request.post_of(visit)
    text = visit.asked.params.get("number", "")
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise no_page()
    found = item.file(visit.conn, request, int(text))
    if found is None:
        raise no_page()
    told, content = found
    headers = attachment.headers(name=told.name, stored_type=told.media_type)
    return Response(content, headers=headers)


PAGES = (
    Page(path="/held/{id}/frame", need=Need.DECIDER, get=in_frame),
    Page(path="/held/{id}/source", need=Need.DECIDER, get=source),
    Page(path="/held/{id}/source.eml", need=Need.DECIDER, get=saved),
    Page(
        # The name is for people: whatever a front server makes of it, the file is found.
        path="/held/{id}/file/{number}/{name:path}",
        need=Need.DECIDER,
        get=file,
    ),
)
