"""Take a message out of the archive, for good: who moderates the list asks, and sure."""

from listhub.archive import browse
from listhub.i18n.text import N_, Text
from listhub.lists.personal import posts
from listhub.web.door.answer import Answer, Moved
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages.archive_reader import reader

DONE = N_("The message was taken out of the archive.")
DONE_BEFORE = N_("The message had been taken out of the archive already.")


def confirm(visit: Visit) -> Answer:
    """Show what is about to go, and what goes with it."""
    found = reader(visit)
    entry = found.entry()
    return found.view(
        "archive_removal.html.j2", entry=found.shown(entry), robots="noindex"
    )


def remove(visit: Visit) -> Answer:
    """Erase the message from wherever it is kept; once more changes nothing."""
    permalink, list_id = visit.asked.params["permalink"], visit.list.id
    home = path("archive", visit.list.address)
    if browse.was_removed(visit.conn, list_id, permalink):
        return Moved(to=home, said=Text(DONE_BEFORE), tone="note")
    entry = reader(visit).entry()
    chosen = posts.choose(message_id=entry.message_id, list_id=list_id)
    posts.erase(visit.conn, chosen, actor=visit.by)
    return Moved(to=home, said=Text(DONE))


PAGES = (
    Page(
        path="/archive/{list}/{permalink}/remove",
        need=Need.MODERATOR,
        get=confirm,
        post=remove,
    ),
)
