"""All that is stored about a person, for them to take along."""

import dataclasses
import json

from starlette.responses import Response

from listhub.i18n.text import Text
from listhub.lists import audit
from listhub.lists.accounts import limits
from listhub.lists.personal.export import export
from listhub.web.door.answer import Answer, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.account_recent import recent
from listhub.web.pages.sign_in import TOO_OFTEN

_HERE = "/account/data"


def show(_visit: Visit) -> Answer:
    """Say what the file has, with the button that makes it."""
    return _page()


def download(visit: Visit) -> Answer:
    """Give the file."""
    wait = limits.take(visit.conn, (limits.PERSON_EXPORT, visit.who.person_id))
    if wait:
        wrong = Text(TOO_OFTEN, wait=visit.span(wait))
        return _page(wrong=wrong, status=429)
    audit.note(visit.conn, actor=visit.by, action="person.export", subject=visit.by)
    found = dataclasses.asdict(export(visit.conn, visit.by))
    return Response(
        json.dumps(found, indent=2, ensure_ascii=False, default=str),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="listhub-export.json"'},
    )


def _page(*, wrong: Text | None = None, status: int = 200) -> View:
    values = {"wrong": wrong}
    return View(template="account_data.html.j2", status=status, values=values)


PAGES = (Page(path=_HERE, need=Need.PERSON, get=show, post=recent(download)),)
