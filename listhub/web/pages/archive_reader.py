"""Who reads an archive, for all its pages: let in or refused, shown addresses or not."""

from dataclasses import dataclass

from listhub.archive import browse
from listhub.archive.browse import Entry
from listhub.archive.hiding import hide
from listhub.i18n.text import N_, Text
from listhub.lists.archive_access import Access, access
from listhub.lists.list_settings import ListSettings
from listhub.web.door.answer import Refused, View, no_page
from listhub.web.door.visit import Visit, path

GONE = N_("This message was taken out of the archive, for good.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who may read the archive of the visit's list."""

    visit: Visit
    access: Access

    @property
    def list_settings(self) -> ListSettings:
        return self.access.list_settings

    @property
    def addresses(self) -> bool:
        """Whether they may see addresses of people."""
        return self.access.addresses

    def path(self, *parts: str, **query: object) -> str:
        """Return the path of a page of this archive."""
        return path("archive", self.visit.list.address, *parts, query=query)

    def hidden(self, text: str) -> str:
        """Return a text as this reader may see it."""
        return text if self.addresses else hide(text)

    def shown(self, entry: Entry) -> Entry:
        """Return an entry as this reader may see it; it must be told whose it is."""
        return entry if self.addresses else browse.without_addresses(entry)

    def entry(self) -> Entry:
        """Return the message that the path names; Refused, 410 if it was taken out."""
        permalink = self.visit.asked.params["permalink"]
        conn, list_id = self.visit.conn, self.visit.list.id
        found = browse.by_permalink(conn, list_id, permalink)
        if found is not None:
            return found
        if browse.was_removed(conn, list_id, permalink):
            raise Refused(410, Text(GONE))
        raise no_page()

    def view(self, template: str, **values: object) -> View:
        """Return a page of the archive, which all have some values in common."""
        common = {
            "reader": self,
            "robots": "index, follow" if self.access.indexing else "noindex",
        }
        return View(template=template, values={**common, **values})


def reader(visit: Visit) -> Reader:
    """Return whoever asks as a reader of the list's archive; Refused if they are not."""
    found = access(
        visit.conn,
        visit.ask,
        visit.list,
        reader=visit.by,
        client=visit.asked.client,
        settings=visit.settings,
    )
    if found.refusal is not None:
        raise Refused(403, found.refusal)
    return Reader(visit=visit, access=found)
