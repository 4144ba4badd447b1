"""The form of settings: a control for each kind, and what of it was changed.

Each control is sent with what stood in it (`was.<name>`), so what nobody touched is not
saved, whoever may have changed it meanwhile; a box that nobody ticked is known from one
that was not there.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from listhub.i18n.text import N_, Text
from listhub.lists import setting_rights
from listhub.lists.setting_rights import Rank
from listhub.lists.setting_view import Setting
from listhub.lists.setting_words import Menus, words
from listhub.web.door.asked import Asked

#: As forms have it: a text, the lines of one, or whether a box is ticked.
Typed = str | tuple[str, ...] | bool

FIXED = N_("The family %(family)s fixes this for all its lists.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One setting in the form: what stands in it, what can be chosen, what is wrong."""

    setting: Setting
    typed: Typed
    #: What stood in it when the page was made, as JSON.
    was: str
    #: Values and their titles, in the visitor's language.
    choices: tuple[tuple[str, str], ...]
    shown: str
    inherited: str
    reset: bool = False
    wrong: Text | None = None
    #: Why it cannot be changed here; None: it can.
    fixed: Text | None = None

    @property
    def name(self) -> str:
        return self.setting.name

    @property
    def lines(self) -> str:
        """What stands in an area of lines."""
        return "\n".join(self.typed) if isinstance(self.typed, tuple) else ""


def control(setting: Setting, *, rank: Rank, language: str, menus: Menus) -> Control:
    """Return the control of a setting as it stands."""
    typed = _typed(setting)
    fixed = setting_rights.reserved(setting.name, rank)
    if setting.lock and not setting.lock.choices:
        fixed = Text(FIXED, family=setting.lock.family)
    return Control(
        setting=setting,
        typed=typed,
        was=json.dumps(typed),
        choices=_choices(setting, language, menus),
        shown=words(setting.name, setting.value, language, menus),
        inherited=words(setting.name, setting.inherited, language, menus),
        fixed=fixed,
    )


def filled_in(control: Control, asked: Asked) -> Control:
    """Return a control as its form was sent; one that was not in it stays as it is."""
    was, field = asked.one(f"was.{control.name}", "-"), f"set.{control.name}"
    # Of boxes only the ticked ones are sent, of all else even what is empty.
    boxes = control.setting.kind in {"switch", "many"}
    if control.fixed or was == "-" or not (boxes or asked.all(field)):
        return control
    typed: Typed = asked.one(field)
    if control.setting.kind == "switch":
        typed = bool(asked.one(field))
    elif control.setting.kind == "many":
        typed = asked.all(field)
    elif control.setting.kind == "texts":
        typed = _lines(asked.one(field))
    reset = bool(asked.one(f"reset.{control.name}"))
    return replace(control, typed=typed, was=was, reset=reset)


def changes(controls: Iterable[Control]) -> dict[str, object]:
    """Return what was changed, by the setting's name; None takes the own value away."""
    found: dict[str, object] = {}
    for each in controls:
        if each.reset:
            found[each.name] = None
        elif not each.fixed and json.dumps(each.typed) != each.was:
            typed = each.typed
            found[each.name] = list(typed) if isinstance(typed, tuple) else typed
    return found


def with_problems(
    controls: Sequence[Control], problems: Mapping[str, Text]
) -> tuple[Control, ...]:
    """Return the controls with what is wrong with each."""
    return tuple(replace(each, wrong=problems.get(each.name)) for each in controls)


def afresh(controls: Sequence[Control], now: Mapping[str, Control]) -> list[Control]:
    """Return what was typed over what stands there by now, to be looked at again.

    What nobody touched shows what it has become.
    """
    return [
        replace(now[each.name], typed=each.typed, reset=each.reset)
        if each.reset or json.dumps(each.typed) != each.was
        else now[each.name]
        for each in controls
    ]


def _typed(setting: Setting) -> Typed:
    value = setting.value
    if setting.kind == "switch":
        return bool(value)
    if setting.kind in {"many", "texts"}:
        return tuple(map(str, value)) if isinstance(value, list | tuple) else ()
    return str(value)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _choices(
    setting: Setting, language: str, menus: Menus
) -> tuple[tuple[str, str], ...]:
    if setting.kind == "scenario":
        found = [(each.name, each.title) for each in menus.get(setting.operation, ())]
    else:
        found = [(str(one.value), one.title.into(language)) for one in setting.choices]
    if setting.lock and setting.lock.choices:
        allowed = {str(choice) for choice in setting.lock.choices}
        found = [pair for pair in found if pair[0] in allowed]
    value = str(setting.value)
    known = {each for each, _ in found}
    if setting.kind in {"scenario", "choice"} and value not in known:
        # It stays, until somebody chooses another one.
        found.append((value, words(setting.name, setting.value, language, menus)))
    return tuple(found)
