"""What only a recent sign-in may do: whoever finds a browser left open cannot stay.

A stolen or forgotten session may be days old; passwords, second factors, tokens and the
export take one that began within the hour.
"""

from datetime import timedelta

from listhub import clock
from listhub.lists.accounts import sessions
from listhub.lists.accounts.next_path import local
from listhub.web.door.answer import Answer, Moved, View
from listhub.web.door.arrival import no_cookie
from listhub.web.door.need import Need
from listhub.web.door.page import Page, Work
from listhub.web.door.visit import Visit, path

RECENT = timedelta(hours=1)


def recent(work: Work, *, back: str = "") -> Work:
    """Return a page's function that is done only within an hour of the sign-in.

    `back` is the page to come back to then, where it is not the same one.
    """

    def asked(visit: Visit) -> Answer:
        session = visit.session
        if session and clock.now() - session.created_at < RECENT:
            return work(visit)
        return View(
            template="account_recent.html.j2",
            status=200 if visit.asked.method == "GET" else 403,
            values={"next": back or visit.asked.path},
        )

    return asked


def again(visit: Visit) -> Answer:
    """End the session, and have its person sign in for what they were about to do."""
    sessions.end(visit.conn, visit.identifier)
    to = path("sign-in", query={"next": local(visit.asked.one("next"))})
    return Moved(to=to, cookies=(no_cookie(),))


PAGES = (Page(path="/account/again", need=Need.PERSON, post=again),)
