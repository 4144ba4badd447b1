"""Texts of a list: what can be written, whose words are in force; written and previewed.

A preview changes nothing and is made like the real mail.  Its text is escaped; its HTML
is the owner's own and is shown in a frame where it can do nothing.
"""

from itertools import groupby

from listhub.i18n.languages import LANGUAGES
from listhub.i18n.text import N_, Text
from listhub.lists import file_versions
from listhub.lists.notices.reference import names
from listhub.lists.notices.words import PLACE
from listhub.lists.own_texts import edit
from listhub.lists.own_texts.kinds import GROUPS, Kind
from listhub.lists.own_texts.preview import Preview, preview
from listhub.lists.said import SaidError
from listhub.lists.stale import StaleError
from listhub.web import frame
from listhub.web.door.answer import Answer, Moved, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.texts_place import Place, level_of, of

SAVED = N_("Saved; it is in force from now on.")
SAME = N_("Nothing was changed.")
GIVEN_BACK = N_("The list's own text is gone; the one of the level above is in force.")

#: What a text around posts may say where the list personalises.
PERSONAL = (
    *("listname", "domain", "web_url", "subject", "sender"),
    *("user.email", "user.display_name", "user.subscribed", "user.reception"),
)

_PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8">
<title></title><body>{html}</body></html>"""


def overview(visit: Visit) -> Answer:
    """Show all texts in their groups, with whose words are in force."""
    entries = edit.overview(visit.conn, level_of(visit))
    groups = [
        (name, GROUPS[name], tuple(some))
        for name, some in groupby(entries, key=lambda entry: entry.kind.group)
    ]
    return View(template="texts.html.j2", values={"groups": groups})


def show(visit: Visit) -> Answer:
    """Show a text to be written, and how it reads by now."""
    place = of(visit)
    return _form(visit, place, _content(place))


def save(visit: Visit) -> Answer:
    """Preview a text, save it, or take the list's own away, as the button says."""
    place = of(visit)
    typed = visit.asked.one("content").replace("\r\n", "\n")
    wanted = visit.asked.one("do")
    if wanted == "preview":
        return _form(visit, place, typed)
    content = None if wanted == "reset" else typed
    if content == place.current.content:
        return Moved(to=place.path(), said=Text(SAME), tone="note")
    try:
        place.save(visit, content)
    except StaleError as error:
        return _form(visit, place, typed, stale=error, status=409)
    except SaidError as error:
        return _form(visit, place, typed, problem=error.text, status=422)
    said = Text(GIVEN_BACK if content is None else SAVED)
    return Moved(to=place.path(), said=said)


def in_frame(visit: Visit) -> Answer:
    """Give the HTML of a preview for its frame; nothing of it is stored."""
    place = of(visit)
    found = _preview(visit, place, visit.asked.one("content"))
    page = _PAGE.format(language=visit.language, html=found.html)
    return frame.answer(page, remote=False)


def _content(place: Place) -> str:
    """Return what is written on: the list's own, or what is in force from above."""
    current = place.current
    if current.content is not None:
        return current.content
    return current.in_force.content if current.in_force else ""


def _form(
    visit: Visit,
    place: Place,
    typed: str,
    *,
    problem: Text | None = None,
    stale: StaleError | None = None,
    status: int = 200,
) -> View:
    found = _preview(visit, place, typed)
    return View(
        template="text_form.html.j2",
        values={
            "place": place,
            "typed": typed,
            "preview": found,
            "problem": problem,
            "stale": stale,
            "differences": file_versions.difference(place.current.content, typed)
            if stale
            else (),
            "usable": _names(place.kind),
            "sandbox": frame.SANDBOX,
            "languages": ("", *LANGUAGES),
        },
        status=status,
    )


def _preview(visit: Visit, place: Place, typed: str) -> Preview:
    # Nothing typed where nothing is in force: ListHub's own words.
    empty = not typed and place.current.content is None
    return preview(
        visit.conn,
        place.kind,
        None if empty else typed,
        level=place.level,
        site=visit.settings,
        language=place.language,
        form=place.form,
    )


def _names(kind: Kind) -> tuple[str, ...]:
    """Return the names of values that a text may use."""
    if kind.notice is None:
        return PERSONAL
    return (*PLACE, *names(kind.notice.sample))


PAGES = (
    Page(path="/texts/{list}", need=Need.OWNER, get=overview),
    Page(path="/texts/{list}/{name}", need=Need.OWNER, get=show, post=save),
    Page(path="/texts/{list}/{name}/frame", need=Need.OWNER, post=in_frame),
)
