"""One message of an archive: read, its formatted text in a frame, what is around it."""

from dataclasses import dataclass
from urllib.parse import quote

from listhub.archive import browse, framed, render
from listhub.archive.browse import Entry
from listhub.archive.filing import NAMELESS
from listhub.archive.render import Rendered
from listhub.i18n.text import N_
from listhub.lists.archive_access import is_author
from listhub.spool import bodies
from listhub.web import frame
from listhub.web.door.answer import Answer
from listhub.web.door.need import Need, admits
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.archive_reader import Reader, reader

QUOTED = N_("Quoted text")
PLEASE_REMOVE = N_("Please take a message out of the archive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What stands next to a message, as its reader may see it."""

    previous: Entry | None
    next: Entry | None
    thread_previous: Entry | None
    thread_next: Entry | None


def message(visit: Visit) -> Answer:
    """Show a message: as text, or as it was formatted in a frame."""
    found = reader(visit)
    entry = found.entry()
    raw = bodies.load(visit.conn, entry.body_id)
    formatted = visit.asked.one("as") == "html"
    rendered = _rendered(found, raw, entry, html=formatted)
    in_frame = framed.has_html(rendered.body)
    if in_frame and not formatted:
        # The images that the frame's page would ask for are those of its HTML.
        rendered = _rendered(found, raw, entry, html=True)
    return found.view(
        "archive_message.html.j2",
        entry=found.shown(entry),
        rendered=rendered,
        in_frame=in_frame,
        only_html=in_frame and not formatted,
        sandbox=frame.SANDBOX,
        remote=visit.asked.one("images") == "on",
        around=_around(found, entry),
        author_link=_mailto(rendered.address) if rendered.address else "",
        reply=_reply(found, entry),
        request=_request(found, entry),
        may_remove=admits(Need.MODERATOR, visit.who, visit.row),
    )


def framed_message(visit: Visit) -> Answer:
    """Give the page that the frame shows; images elsewhere only with `images=on`."""
    found = reader(visit)
    entry = found.entry()
    raw = bodies.load(visit.conn, entry.body_id)
    rendered = _rendered(found, raw, entry, html=True)
    remote = visit.asked.one("images") == "on"
    page = framed.page(raw, rendered.body, language=visit.language, remote=remote)
    return frame.answer(page, remote=remote)


def _rendered(found: Reader, raw: bytes, entry: Entry, *, html: bool) -> Rendered:
    view = render.View(
        addresses=found.addresses,
        file_url=framed.place,
        html=html,
        quoted=found.visit.say(QUOTED),
    )
    return render.render(raw, view, received_at=entry.sent_at)


def _around(found: Reader, entry: Entry) -> Around:
    near = browse.neighbours(found.visit.conn, entry, found.visit.list.id)
    return Around(
        previous=near.previous and found.shown(near.previous),
        next=near.next and found.shown(near.next),
        thread_previous=near.thread_previous and found.shown(near.thread_previous),
        thread_next=near.thread_next and found.shown(near.thread_next),
    )


def _reply(found: Reader, entry: Entry) -> str:
    """Return a link that begins an answer to the list (RFC 6068), "" for none."""
    if not found.addresses or entry.message_id.endswith(NAMELESS):
        return ""
    subject = entry.subject
    if not subject.lower().startswith("re:"):
        subject = f"Re: {subject}"
    return _mailto(
        found.visit.list.address,
        subject=subject,
        in_reply_to=f"<{entry.message_id}>",
    )


def _request(found: Reader, entry: Entry) -> str:
    """Return a link by which its author asks the owners to take a message out."""
    visit = found.visit
    if not is_author(visit.by, entry.author):
        return ""
    row = visit.list
    url = visit.settings.web.url.rstrip("/") + found.path(entry.permalink)
    return _mailto(
        f"{row.name}-request@{row.domain}", subject=visit.say(PLEASE_REMOVE), body=url
    )


def _mailto(address: str, **fields: str) -> str:
    given = "&".join(
        f"{name.replace('_', '-')}={quote(value, safe='')}"
        for name, value in fields.items()
    )
    return f"mailto:{quote(address, safe='@+')}{'?' if given else ''}{given}"


PAGES = (
    Page(path="/archive/{list}/{permalink}", need=Need.SCENARIO, get=message),
    Page(
        path="/archive/{list}/{permalink}/frame",
        need=Need.SCENARIO,
        get=framed_message,
    ),
)
