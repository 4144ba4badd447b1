"""Who may what: the scenario of each operation, chosen, in words, and tried on a case.

Looking and trying change nothing.  A choice is a setting of the list like any other, so
it is saved by the version that was seen, and has a history.
"""

from dataclasses import dataclass

from listhub.i18n.text import N_, Text
from listhub.lists import rules, setting_changes, setting_view
from listhub.lists.said import SaidError
from listhub.lists.setting_rights import reserved
from listhub.lists.setting_view import Setting, View as Settings
from listhub.lists.setting_words import scenario_words
from listhub.lists.stale import StaleError
from listhub.policy.library import MenuEntry
from listhub.web.door.answer import Answer, Moved, View, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit, path
from listhub.web.pages import settings_place
from listhub.web.pages.scenario_case import METHODS, Case, tried
from listhub.web.pages.settings_form import FIXED

CHOSEN = N_("From now on: %(title)s.")
SAME = N_("Nothing was changed.")

#: What the form sends for "as inherited": no scenario is called so.
INHERITED = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One operation of the list: its setting, and what there is to choose."""

    setting: Setting
    view: Settings
    entries: tuple[MenuEntry, ...]

    @property
    def operation(self) -> str:
        return self.setting.operation

    def title(self, name: object) -> str:
        """Return what a scenario is called."""
        return scenario_words(self.operation, str(name), {self.operation: self.entries})


def overview(visit: Visit) -> Answer:
    """Show each operation with the scenario that decides about it."""
    view = setting_view.view(visit.conn, settings_place.of(visit).level)
    found = [one for one in _every(view) if one.operation]
    menus = rules.menus(
        visit.conn,
        [one.operation for one in found],
        list_id=visit.list.id,
        domain_id=visit.list.domain_id,
        language=visit.language,
    )
    rows = [
        (one, scenario_words(one.operation, str(one.value), menus)) for one in found
    ]
    return View(template="scenarios.html.j2", values={"rows": rows})


def show(visit: Visit) -> Answer:
    """Show what can be chosen for an operation, rules in words, and a case if asked."""
    return _page(visit)


def choose(visit: Visit) -> Answer:
    """Choose the scenario of an operation."""
    place, topic = settings_place.of(visit), _topic(visit)
    wanted = visit.asked.one("scenario")
    value = None if wanted == INHERITED else wanted
    try:
        done = setting_changes.change(
            visit.conn,
            place.level,
            {topic.setting.name: value},
            actor=visit.by,
            how="web",
            expected=visit.asked.number("version"),
            rank=place.rank,
        )
    except SaidError as error:
        status = 409 if isinstance(error, StaleError) else 422
        return _page(visit, problem=error.text, status=status)
    to = path("scenarios", visit.list.address, topic.operation)
    if not done.differences:
        return Moved(to=to, said=Text(SAME), tone="note")
    title = topic.title(topic.setting.inherited if value is None else value)
    return Moved(to=to, said=Text(CHOSEN, title=title))


def _page(visit: Visit, *, problem: Text | None = None, status: int = 200) -> View:
    topic = _topic(visit)
    setting, operation = topic.setting, topic.operation
    name = _looked_at(visit, topic)
    blocked = topic.view.setting("use_blocklist")
    reading = rules.read(
        visit.conn,
        operation,
        name,
        list_id=visit.list.id,
        domain_id=visit.list.domain_id,
        use_blocklist=bool(blocked and operation in _items(blocked.value)),
    )
    case = Case.of(visit.asked)
    return View(
        template="scenario.html.j2",
        values={
            "topic": topic,
            "name": name,
            "in_force": name == setting.value,
            "reading": reading,
            "fixed": _fixed(visit, setting),
            "may_write": settings_place.rank(visit) != "owner",
            "case": case,
            "explained": tried(visit, operation, name, case),
            "methods": METHODS,
            "problem": problem,
        },
        status=status,
    )


def _topic(visit: Visit) -> Topic:
    view = setting_view.view(visit.conn, settings_place.of(visit).level)
    operation = visit.asked.params.get("operation", "")
    setting = next((s for s in _every(view) if s.operation == operation), None)
    if setting is None or not operation:
        raise no_page()
    entries = rules.choices(
        visit.conn,
        operation,
        list_id=visit.list.id,
        domain_id=visit.list.domain_id,
        language=visit.language,
    )
    return Topic(setting=setting, view=view, entries=entries)


def _looked_at(visit: Visit, topic: Topic) -> str:
    """Return the scenario that is asked for, if there is one, else the one in force."""
    name = visit.asked.one("name")
    known = {entry.name for entry in topic.entries}
    return name if name in known else str(topic.setting.value)


def _fixed(visit: Visit, setting: Setting) -> Text | None:
    """Return why the choice is not the visitor's, None if it is."""
    if setting.lock and not setting.lock.choices:
        return Text(FIXED, family=setting.lock.family)
    return reserved(setting.name, settings_place.rank(visit))


def _every(view: Settings) -> list[Setting]:
    return [one for section in view.sections for one in section.settings]


def _items(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()


PAGES = (
    Page(path="/scenarios/{list}", need=Need.OWNER, get=overview),
    Page(path="/scenarios/{list}/{operation}", need=Need.OWNER, get=show, post=choose),
)
