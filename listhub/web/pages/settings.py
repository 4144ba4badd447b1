"""Settings of a list, of a domain's lists, or of all: found, explained, changed.

The first page tells the groups and what is otherwise than inherited; a group, or what a
search finds, is a form.  A page that is stale keeps what was typed and tells who has
changed what meanwhile.
"""

from collections.abc import Callable, Sequence

from listhub.i18n.text import N_, Text
from listhub.lists import catalogue, rules, setting_changes, setting_view
from listhub.lists.setting_changes import StaleSettingsError, WrongSettingsError
from listhub.lists.setting_view import Setting, View as Settings
from listhub.lists.setting_words import Menus, words
from listhub.web.door.answer import Answer, Moved, View
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages import settings_form as form, settings_place
from listhub.web.pages.settings_form import Control
from listhub.web.pages.settings_place import Place

SAVED = N_("Saved: %(what)s.")
NOTHING = N_("Nothing was changed.")
LOOK_AGAIN = N_(
    "Nothing was saved: look at what is marked below. All that you typed is still there."
)


def show(visit: Visit) -> Answer:
    """Show the groups, or the form of one group or of what is searched for."""
    place = settings_place.of(visit)
    view = setting_view.view(visit.conn, place.level)
    chosen = _chosen(visit, view)
    menus = _menus(visit, place, chosen or _own(view))
    if not chosen:
        return _index(visit, place, view, menus)
    return _form(visit, place, view, _controls(visit, place, chosen, menus))


def save(visit: Visit) -> Answer:
    """Save what was changed in a form, if nobody else has changed anything meanwhile."""
    place = settings_place.of(visit)
    view = setting_view.view(visit.conn, place.level)
    chosen = _chosen(visit, view)
    menus = _menus(visit, place, chosen)
    now = _controls(visit, place, chosen, menus)
    typed = [form.filled_in(each, visit.asked) for each in now]
    try:
        done = setting_changes.change(
            visit.conn,
            place.level,
            form.changes(typed),
            actor=visit.by,
            how="web",
            expected=visit.asked.number("version"),
            rank=place.rank,
        )
    except WrongSettingsError as error:
        marked = form.with_problems(typed, error.problems)
        return _form(visit, place, view, marked, problem=Text(LOOK_AGAIN), status=422)
    except StaleSettingsError as error:
        again = form.afresh(typed, {each.name: each for each in now})
        return _form(visit, place, view, again, stale=error, status=409)
    to = place.path(group=_group(visit), q=visit.asked.one("q"))
    if not done.differences:
        return Moved(to=to, said=Text(NOTHING), tone="note")
    what = ", ".join(one.title.into(visit.language) for one in done.differences)
    return Moved(to=to, said=Text(SAVED, what=what))


def _index(visit: Visit, place: Place, view: Settings, menus: Menus) -> View:
    domains = catalogue.domains(visit.conn) if not visit.row and not place.name else ()
    return View(
        template="settings.html.j2",
        values={
            "place": place,
            "view": view,
            "words": _words(visit, menus),
            "q": visit.asked.one("q"),
            "domains": [row.name for row in domains],
        },
    )


def _form(
    visit: Visit,
    place: Place,
    view: Settings,
    controls: Sequence[Control],
    *,
    problem: Text | None = None,
    stale: StaleSettingsError | None = None,
    status: int = 200,
) -> View:
    group = next(
        (s.group for s in view.sections if s.group.name == _group(visit)), None
    )
    return View(
        template="settings_form.html.j2",
        values={
            "place": place,
            "view": view,
            "group": group,
            "q": visit.asked.one("q"),
            "common": [each for each in controls if not _rare(each, group)],
            "rare": [each for each in controls if _rare(each, group)],
            "problem": problem,
            "stale": stale,
            "words": _words(visit, {}),
        },
        status=status,
    )


def _rare(control: Control, group: object) -> bool:
    """Whether a setting stands folded away: a search shows what it has found."""
    return control.setting.rare and group is not None and not control.wrong


def _group(visit: Visit) -> str:
    return visit.asked.one("group")


def _chosen(visit: Visit, view: Settings) -> list[Setting]:
    """Return the settings of the group, or those in which all words are found."""
    text = visit.asked.one("q").lower().split()
    every = [one for section in view.sections for one in section.settings]
    if text:
        return [one for one in every if _matches(one, text, visit.language)]
    group = _group(visit)
    return [
        one
        for section in view.sections
        if section.group.name == group
        for one in section.settings
    ]


def _matches(one: Setting, text: Sequence[str], language: str) -> bool:
    whole = f"{one.name} {one.title.into(language)} {one.about.into(language)}".lower()
    return all(word in whole for word in text)


def _own(view: Settings) -> list[Setting]:
    every = (one for section in view.sections for one in section.settings)
    return [one for one in every if one.own]


def _menus(visit: Visit, place: Place, shown: Sequence[Setting]) -> Menus:
    operations = [one.operation for one in shown if one.operation]
    if not operations:
        return {}
    return rules.menus(
        visit.conn,
        operations,
        list_id=place.level["list_id"],
        domain_id=place.domain_id,
        language=visit.language,
    )


def _controls(
    visit: Visit, place: Place, chosen: Sequence[Setting], menus: Menus
) -> list[Control]:
    return [
        form.control(one, rank=place.rank, language=visit.language, menus=menus)
        for one in chosen
    ]


def _words(visit: Visit, menus: Menus) -> Callable[[str, object], str]:
    return lambda name, value: words(name, value, visit.language, menus)


PAGES = (
    Page(path="/settings/{list}", need=Need.OWNER, get=show, post=save),
    Page(path="/site/settings", need=Need.SITE, get=show, post=save),
    Page(path="/site/settings/{domain}", need=Need.LISTMASTER, get=show, post=save),
)
