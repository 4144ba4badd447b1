"""What came with an archived message, and the message itself as it came.

All of it was written by strangers: it is saved or read as text, and never run.
"""

from starlette.responses import Response

from listhub.archive import render
from listhub.archive.hiding import hide
from listhub.i18n.text import N_, Text
from listhub.spool import bodies
from listhub.web import attachment
from listhub.web.door.answer import Answer, Refused, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.archive_reader import Reader, reader

SIGN_IN = N_("There are addresses of people in this file: sign in to fetch it.")
SIGN_IN_FOR_SOURCE = N_("Sign in to see a message as it came, with its addresses.")

#: Characters of a message that are shown; all of it can be saved.
_SHOWN = 200_000
#: How texts in UTF-16 begin: every other octet of them is NUL.
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def file(visit: Visit) -> Answer:
    """Give a file that came with a message, to be saved."""
    found = reader(visit)
    raw = bodies.load(visit.conn, found.entry().body_id)
    part = render.file(raw, _number(visit))
    if part is None:
        raise no_page()
    told, content = part
    if not found.addresses and _names_people(told, content):
        raise Refused(403, Text(SIGN_IN))
    headers = attachment.headers(
        name=found.hidden(told.name), stored_type=told.media_type
    )
    return Response(content, headers=headers)


def source(visit: Visit) -> Answer:
    """Show a message as it came, header and all, as text."""
    found = _knows(reader(visit))
    entry = found.entry()
    raw = bodies.load(visit.conn, entry.body_id)
    text = raw[: 2 * _SHOWN].decode("utf-8", "replace")[:_SHOWN]
    return found.view(
        "archive_source.html.j2",
        entry=entry,
        source=text.replace("\r\n", "\n"),
        cut=len(raw) > len(text.encode()),
        robots="noindex",
    )


def saved(visit: Visit) -> Answer:
    """Give a message as it came, octet for octet, to be saved."""
    found = _knows(reader(visit))
    entry = found.entry()
    headers = attachment.headers(
        name=f"{entry.permalink}.eml", stored_type="message/rfc822"
    )
    return Response(bodies.load(visit.conn, entry.body_id), headers=headers)


def _knows(found: Reader) -> Reader:
    """Return a reader to whom nothing is hidden; Refused for all others."""
    if not found.addresses:
        raise Refused(403, Text(SIGN_IN_FOR_SOURCE))
    return found


def _names_people(told: render.File, content: bytes) -> bool:
    """Tell whether a file that can be read as text has addresses in it."""
    text = told.media_type.startswith(("text/", "message/"))
    if not (text or content[:2] in _UTF_16 or b"\0" not in content):
        return False
    plain = content.replace(b"\0", b"").decode("utf-8", "replace")
    return hide(plain) != plain


def _number(visit: Visit) -> int:
    text = visit.asked.params["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise no_page()
    return int(text)


PAGES = (
    Page(
        # The name is for people: whatever a front server makes of it, the file is found.
        path="/archive/{list}/{permalink}/file/{number}/{name:path}",
        need=Need.SCENARIO,
        get=file,
    ),
    Page(path="/archive/{list}/{permalink}/source", need=Need.SCENARIO, get=source),
    Page(path="/archive/{list}/{permalink}/source.eml", need=Need.SCENARIO, get=saved),
)
