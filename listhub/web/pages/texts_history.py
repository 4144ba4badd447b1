"""What a text was: its versions, what differs from now, and back to one of them."""

from listhub.errors import UsageError
from listhub.i18n.text import N_, Text
from listhub.lists import file_versions
from listhub.lists.files import FileVersion
from listhub.lists.own_texts import edit
from listhub.lists.said import SaidError
from listhub.web.door.answer import Answer, Moved, View, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.texts_place import Place, of

SIZE = 20

DONE = N_("The text is as it was then.")


def show(visit: Visit) -> Answer:
    """Show a page of versions, the newest first, each with its length."""
    place = of(visit)
    page = edit.history(
        visit.conn,
        place.kind.name,
        level=place.level,
        language=place.language,
        form=place.form,
        cursor=visit.asked.one("after"),
        size=SIZE,
    )
    return View(template="text_history.html.j2", values={"place": place, "page": page})


def confirm(visit: Visit) -> Answer:
    """Show a version, and what going back to it would change."""
    return _confirmation(visit, of(visit))


def revert(visit: Visit) -> Answer:
    """Go back to a version, if nobody has changed the text since it was shown."""
    place = of(visit)
    old = _version(visit, place)
    try:
        edit.revert(
            visit.conn,
            place.kind.name,
            old.version,
            level=place.level,
            expected=visit.asked.number("version"),
            site=visit.settings,
            actor=visit.by,
            how="web",
            language=place.language,
            form=place.form,
        )
    except SaidError as error:
        return _confirmation(visit, place, problem=error.text, status=409)
    return Moved(to=place.path("history"), said=Text(DONE))


def _confirmation(
    visit: Visit, place: Place, *, problem: Text | None = None, status: int = 200
) -> View:
    old = _version(visit, place)
    return View(
        template="text_revert.html.j2",
        values={
            "place": place,
            "old": old,
            "lines": file_versions.difference(place.current.content, old.content),
            "problem": problem,
        },
        status=status,
    )


def _version(visit: Visit, place: Place) -> FileVersion:
    number = visit.asked.number_of("version")
    try:
        return file_versions.version(
            visit.conn, place.current.path, number, level=place.level
        )
    except UsageError:
        raise no_page() from None


PAGES = (
    Page(path="/texts/{list}/{name}/history", need=Need.OWNER, get=show),
    Page(
        path="/texts/{list}/{name}/history/{version}",
        need=Need.OWNER,
        get=confirm,
        post=revert,
    ),
)
