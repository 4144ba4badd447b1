"""Values of settings as people read them, in one language: `5,000,000 bytes`, `yes`."""

from collections.abc import Mapping, Sequence

from listhub.i18n import formats
from listhub.i18n.text import N_, Text, translated
from listhub.lists.authorise import operation_of
from listhub.lists.setting_titles import CHOICES
from listhub.lists.settings import SPECS
from listhub.policy.library import MenuEntry

YES, NO, EMPTY, NOTHING = N_("yes"), N_("no"), N_("nothing"), N_("not set")
_WITH_UNIT = N_("%(number)s %(unit)s")

#: The scenarios that there are to choose from, by operation.
Menus = Mapping[str, Sequence[MenuEntry]]


def words(name: str, value: object, language: str, menus: Menus | None = None) -> str:
    """Return a value in words; None is that of a level without one."""
    if value is None:
        return translated(NOTHING, language)
    if isinstance(value, bool):
        return translated(YES if value else NO, language)
    if isinstance(value, list | tuple):
        each = [_one(name, item, language) for item in value]
        return ", ".join(each) or translated(EMPTY, language)
    if isinstance(value, int | float):
        return _number(name, value, language)
    if operation := operation_of(name):
        return scenario_words(operation, str(value), menus)
    return _one(name, value, language) if value != "" else translated(EMPTY, language)


def scenario_words(operation: str, name: str, menus: Menus | None = None) -> str:
    """Return what a scenario is called where that is known, else its name."""
    entries = (menus or {}).get(operation, ())
    return next((each.title for each in entries if each.name == name), name)


def _one(name: str, value: object, language: str) -> str:
    title = CHOICES.get(name, {}).get(str(value))
    return translated(title, language) if title else str(value)


def _number(name: str, value: float, language: str) -> str:
    spec = SPECS.get(name)
    number = formats.number(value, language)
    if spec is None or not spec.rule.unit:
        return number
    if spec.rule.unit == "bytes":
        return formats.size(int(value), language)
    unit = Text(spec.rule.unit)
    return Text(_WITH_UNIT, number=number, unit=unit).into(language)
