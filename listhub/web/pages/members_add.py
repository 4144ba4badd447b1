"""Add members: a few addresses, or a file that is looked through before it is taken."""

import base64
import binascii
import uuid

from listhub.errors import UsageError
from listhub.i18n.text import N_, Text
from listhub.lists import greetings
from listhub.lists.greetings import Desk
from listhub.lists.member_import import Existing
from listhub.lists.roster import change, preview
from listhub.lists.roster.change import MOST, MOST_GREETED
from listhub.lists.said import sentence_of
from listhub.lists.settings import load_list_settings
from listhub.lists.subscribing import Newcomer
from listhub.spool import store
from listhub.web.door.answer import Answer, Moved, View
from listhub.web.door.asked import UPLOAD
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path

NOBODY = N_("There is no address in this; write one on each line.")
NO_FILE = N_("There is no file and no text; choose a file, or paste its lines.")
DONE = N_("%(added)s were added and %(changed)s changed.")
AGAIN = N_("This was done before: %(added)s were added and %(changed)s changed then.")


def show(_visit: Visit) -> Answer:
    """Offer both ways."""
    return View(template="members_add.html.j2", values={"results": None, "wrong": None})


def add(visit: Visit) -> Answer:
    """Add those who are written down, with a result for each."""
    newcomers = _newcomers(visit.asked.one("addresses"))
    if not newcomers:
        return _wrong(Text(NOBODY))
    try:
        outcome = change.add(
            visit.conn,
            visit.list,
            newcomers,
            settings=load_list_settings(visit.conn, visit.list.id),
            site=visit.settings,
            actor=visit.by,
            how="web",
            greet=bool(visit.asked.one("greet")),
        )
    except UsageError as error:
        return _wrong(sentence_of(error))
    store.put(visit.conn, outcome.items)
    return View(
        template="members_add.html.j2",
        values={"results": outcome.results, "wrong": None},
    )


def look(visit: Visit) -> Answer:
    """Show what a file would do; the button below does exactly that."""
    content = _content(visit)
    if not content.strip():
        return _wrong(Text(NO_FILE))
    existing: Existing = "change" if visit.asked.one("change") else "skip"
    if visit.asked.one("digest"):
        return _carry_out(visit, content, existing)
    try:
        found = preview.preview(
            visit.conn,
            visit.list,
            content,
            settings=load_list_settings(visit.conn, visit.list.id),
            existing=existing,
        )
    except UsageError as error:
        return _wrong(sentence_of(error))
    return View(
        template="members_preview.html.j2",
        values={
            "preview": found,
            # No process keeps it: the page itself has it, for the next step.
            "kept": base64.b64encode(content).decode(),
            "greet": bool(visit.asked.one("greet")),
            "existing": existing,
        },
    )


def _carry_out(visit: Visit, content: bytes, existing: Existing) -> Answer:
    greet = bool(visit.asked.one("greet"))
    try:
        # A sentence is an answer, and answers are committed: of what failed nothing is.
        with visit.conn.transaction():
            done = preview.carry_out(
                visit.conn,
                visit.list,
                content,
                digest=visit.asked.one("digest"),
                settings=load_list_settings(visit.conn, visit.list.id),
                actor=visit.by,
                how="web",
                existing=existing,
                newcomers=MOST_GREETED if greet else 0,
            )
    except UsageError as error:
        return _wrong(sentence_of(error))
    desk = Desk(conn=visit.conn, settings=visit.settings, trace=uuid.uuid4())
    for who in done.newcomers:
        store.put(visit.conn, greetings.joined(desk, visit.list, who, by=visit.by))
    said = Text(AGAIN if done.again else DONE, added=done.added, changed=done.changed)
    return Moved(to=path("members", visit.list.address), said=said)


def _newcomers(text: str) -> list[Newcomer]:
    """Return who is written down: an address or `Name <address>` on each line."""
    found = []
    for line in text.splitlines()[: MOST + 1]:
        written = line.strip().rstrip(",;")
        if not written:
            continue
        name, bracket, address = written.rpartition("<")
        if bracket and written.endswith(">"):
            found.append(Newcomer(address=address[:-1], name=name.strip(' "')))
        else:
            found.append(Newcomer(address=written))
    return found


def _content(visit: Visit) -> bytes:
    """Return the file, or what was pasted, or the very octets that the preview kept."""
    if kept := visit.asked.one("kept"):
        try:
            return base64.b64decode(kept, validate=True)
        except binascii.Error:
            return b""
    _, content = visit.asked.files.get("file", ("", b""))
    return content or visit.asked.one("content").encode()


def _wrong(text: Text) -> View:
    return View(
        template="members_add.html.j2",
        status=400,
        values={"results": None, "wrong": text},
    )


PAGES = (
    Page(path="/members/{list}/add", need=Need.OWNER, get=show, post=add),
    Page(
        path="/members/{list}/import",
        need=Need.OWNER,
        get=show,
        post=look,
        most=UPLOAD,
    ),
)
