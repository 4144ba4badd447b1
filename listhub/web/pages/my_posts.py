"""Where are my messages: one's own posts of late, and what became of each."""

from listhub import clock
from listhub.lists.mine import posts
from listhub.web.door.answer import Answer, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit


def show(visit: Visit) -> Answer:
    """Show one's own messages of the last 30 days, the newest first."""
    return View(
        template="my_posts.html.j2",
        values={
            "posts": posts.of_person(visit.conn, visit.by),
            "now": clock.now(),
        },
    )


PAGES = (Page(path="/my/posts", need=Need.PERSON, get=show),)
