"""What a list sent lately, and how far each post is, down to the single recipient."""

import uuid
from typing import cast, get_args

from listhub.i18n.text import N_
from listhub.lists import sent
from listhub.lists.operators import recipients
from listhub.lists.operators.recipients import State
from listhub.lists.sent import Sent
from listhub.lists.setting_titles import RECEPTIONS
from listhub.web.door.answer import Answer, View, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path

#: What became of a recipient's copy, as people say it.
STATES = {
    "delivered": N_("delivered"),
    "deferred": N_("put off; tried again"),
    "refused": N_("refused"),
    "pending": N_("not sent yet"),
    "expired": N_("given up"),
}
_LONGEST = 200


def show(visit: Visit) -> Answer:
    """Show the posts and digests, the newest first, with the figures of each."""
    found = sent.page(visit.conn, visit.list.id, cursor=visit.asked.one("at"))
    return View(
        template="posts.html.j2",
        values={
            "page": found,
            "to": lambda at: path("posts", visit.list.address, query={"at": at}),
        },
    )


def show_one(visit: Visit) -> Answer:
    """Show one post's parts and the recipients of one of them."""
    found = _find(visit)
    part = visit.asked.number("part") or found.parts[0].outgoing_id
    if part not in {each.outgoing_id for each in found.parts}:
        raise no_page()
    state = visit.asked.one("state")
    text = visit.asked.one("q")[:_LONGEST].strip()
    page = recipients.page(
        visit.conn,
        part,
        state=cast("State", state) if state in get_args(State) else None,
        text=text,
        cursor=visit.asked.one("at"),
    )
    here = path("posts", visit.list.address, str(found.trace))
    return View(
        template="post.html.j2",
        values={
            "post": found,
            "part": part,
            "page": page,
            "state": state,
            "text": text,
            "states": STATES,
            "possible": get_args(State),
            "receptions": RECEPTIONS,
            "here": here,
            "to": lambda **more: path(
                *here.strip("/").split("/"),
                query={"part": part, "state": state, "q": text, **more},
            ),
        },
    )


def _find(visit: Visit) -> Sent:
    try:
        trace = uuid.UUID(visit.asked.params["trace"])
    except ValueError:
        raise no_page() from None
    found = sent.post(visit.conn, visit.list.id, trace)
    if found is None or not found.parts:
        raise no_page()
    return found


PAGES = (
    Page(path="/posts/{list}", need=Need.OWNER, get=show),
    Page(path="/posts/{list}/{trace}", need=Need.OWNER, get=show_one),
)
