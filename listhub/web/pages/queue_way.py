"""The way through a queue: which one a moderator came from, what comes before and next.

It stands in the address of an item, so that "act and next" goes on in the same queue
on whatever host; no process keeps it.
"""

from dataclasses import dataclass

from listhub.lists import posting
from listhub.lists.moderation import queue
from listhub.lists.moderation.choosing import Filter
from listhub.lists.moderation.queue import Neighbours
from listhub.web.door.visit import Visit, path
from listhub.web.pages import queue_choice
from listhub.web.pages.queue_choice import Choice

#: Octets that an address of a list has at most (RFC 5321 §4.5.3.1).
_LONGEST = 320


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A queue: of one list or of all, with what was chosen in it."""

    choice: Choice
    #: "" and 0: of all one's lists.
    address: str = ""
    list_id: int = 0

    @property
    def filter(self) -> Filter:
        """What the queue shows."""
        return self.choice.filter((self.list_id,) if self.list_id else ())

    def queue(self, **more: object) -> str:
        """Return the path of the queue, with some fields changed."""
        return path("modindex", self.address, query={**self.choice.query, **more})

    def item(self, request_id: int, *parts: str, **more: object) -> str:
        """Return the path of an item's page, or of one below it, on this way."""
        query = {**self.choice.query, "list": self.address, **more}
        return path("held", str(request_id), *parts, query=query)

    def around(self, visit: Visit, request_id: int) -> Neighbours:
        """Return what stands before and behind an item in the queue."""
        return queue.neighbours(
            visit.conn, visit.reach, request_id, self.filter, sort=self.choice.order
        )

    def on(self, visit: Visit, request_id: int) -> str:
        """Return the path of what comes next: an item, or the queue at its end."""
        following = self.around(visit, request_id).next
        return self.queue() if following is None else self.item(following)


def read(visit: Visit) -> Way:
    """Return the queue that an address names; what is not there is no matter."""
    choice = queue_choice.read(visit.asked)
    row = visit.row
    named = visit.asked.one("list")[:_LONGEST]
    if row is None and named:
        row = posting.find_named(visit.conn, named)
    if row is None:
        return Way(choice=choice)
    return Way(choice=choice, address=row.address, list_id=row.id)
