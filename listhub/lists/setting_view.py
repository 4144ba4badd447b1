"""The settings of a level as people see them: each explained, with where it comes from.

    view(conn, find_level(conn, address="staff@lists.example.org"))

A value that is stored and cannot be used (any more) is shown as wrong, since whoever
opens the page comes to mend it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import Connection

from listhub.config.fields import Spec
from listhub.errors import UsageError
from listhub.i18n.text import N_, Text
from listhub.lists import settings
from listhub.lists.authorise import operation_of
from listhub.lists.families import level as families
from listhub.lists.setting_groups import Group, grouped
from listhub.lists.setting_titles import CHOICES, TITLES
from listhub.lists.settings import SPECS, Level, Scope

Kind = Literal["text", "whole", "switch", "choice", "many", "texts", "scenario"]
Origin = Scope | Literal["default"]

_LINE = N_("a text on one line")
_SWITCH = N_("yes or no")
_CHOICE = N_("one of the values that are offered")
_MANY = N_("any of the values that are offered")
_EACH = N_("on each line %(words)s")
_BETWEEN = N_("a whole number from %(least)s to %(most)s")

_LEVELS = """
SELECT scope, "values", version, changed_by, changed_at FROM (
    SELECT DISTINCT ON (scope) scope, "values", version, changed_by, changed_at
      FROM setting_version
     WHERE (scope = 'site'
            OR scope = 'domain' AND coalesce(domain_id, 0) = %(domain_id)s
            OR scope IN ('family', 'list') AND coalesce(list_id, 0) = %(list_id)s)
     ORDER BY scope, version DESC) AS newest
"""
_DOMAIN_OF = "SELECT domain_id, family FROM mailing_list WHERE id = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value to choose, and what it is called."""

    value: object
    title: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What a family says of a setting: fixed, or one of a few values."""

    family: str
    choices: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting: what it is, what it may be, what it is, and why."""

    name: str
    title: Text
    about: Text
    kind: Kind
    choices: tuple[Choice, ...]
    #: What may be written, in words that fit behind "Allowed:".
    allowed: Text
    unit: Text | None
    least: float | None
    most: float | None
    default: object
    #: In force at this level, and the level that says so.
    value: object
    origin: Origin
    #: Whether the level itself has a value, which is then the one in force.
    own: bool
    #: What would be in force without that.
    inherited: object
    inherited_from: Origin
    #: The operation whose rules it names, for kind scenario.
    operation: str
    lock: Lock | None
    rare: bool
    #: Why the value in force cannot be used; None: it can.
    wrong: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group of settings in its order."""

    group: Group
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All settings of a level; `version` is given back on saving, 0: none is set."""

    level: Level
    version: int
    changed_by: str
    changed_at: datetime | None
    sections: tuple[Section, ...]

    def setting(self, name: str) -> Setting | None:
        """Return one setting by its name, None for one that there is not."""
        every = (one for section in self.sections for one in section.settings)
        return next((one for one in every if one.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The newest values of one level, and who wrote them when (UTC)."""

    values: Mapping[str, object]
    version: int = 0
    changed_by: str = ""
    changed_at: datetime | None = None


def view(conn: Connection[Any], level: Level) -> View:
    """Return the settings of a level in their groups; three statements at most."""
    stored = stored_levels(conn, level)
    locks = _locks(conn, level)
    own = stored.get(level["scope"], Stored(values={}))
    sections = (
        Section(
            group=group,
            settings=tuple(
                _setting(name, level["scope"], stored, locks, rare=name in group.rare)
                for name in names
            ),
        )
        for group, names in grouped(SPECS)
    )
    return View(
        level=level,
        version=own.version,
        changed_by=own.changed_by,
        changed_at=own.changed_at,
        sections=tuple(sections),
    )


def stored_levels(conn: Connection[Any], level: Level) -> dict[Scope, Stored]:
    """Return what is stored at a level and above it, the farthest first."""
    list_id, domain_id = level["list_id"], level["domain_id"]
    if list_id is not None:
        row = conn.execute(_DOMAIN_OF, [list_id]).fetchone()
        domain_id = row[0] if row else None
    values = {"list_id": list_id or -1, "domain_id": domain_id or -1}
    found = {
        row[0]: Stored(
            values=row[1], version=row[2], changed_by=row[3], changed_at=row[4]
        )
        for row in conn.execute(_LEVELS, values)
    }
    above = settings.SCOPES[: settings.SCOPES.index(level["scope"]) + 1]
    return {scope: found[scope] for scope in above if scope in found}


def title(name: str) -> Text:
    """Return what a setting is called."""
    return Text(TITLES.get(name, name))


def choice_title(name: str, value: object) -> Text:
    """Return what one value of a setting is called."""
    return Text(CHOICES.get(name, {}).get(str(value), str(value)))


def allowed(spec: Spec) -> Text:
    """Return what may be written, in words that fit behind "Allowed:"."""
    rule, kind = spec.rule, kind_of(spec)
    words = Text(rule.words.rstrip(",") or _LINE)
    match kind:
        case "switch":
            return Text(_SWITCH)
        case "choice":
            return Text(_CHOICE)
        case "many":
            return Text(_MANY)
        case "texts":
            return Text(_EACH, words=words)
        case "whole":
            return Text(_BETWEEN, least=_plain(rule.least), most=_plain(rule.most))
        case _:
            return words


def kind_of(spec: Spec) -> Kind:
    """Return how a setting is shown and edited."""
    if operation_of(spec.name):
        return "scenario"
    if spec.rule.choices:
        return "choice"
    match spec.kind:
        case "switch":
            return "switch"
        case "whole" | "number":
            return "whole"
        case "texts":
            return "many" if spec.name in CHOICES else "texts"
        case _:
            return "text"


def _setting(
    name: str,
    scope: Scope,
    stored: Mapping[Scope, Stored],
    locks: Mapping[str, Lock],
    *,
    rare: bool,
) -> Setting:
    spec = SPECS[name]
    chain: list[tuple[Origin, object]] = [("default", spec.default)]
    chain += [
        (at, found.values[name]) for at, found in stored.items() if name in found.values
    ]
    origin, value = chain[-1]
    own = origin == scope
    inherited_from, inherited = chain[-2] if own else chain[-1]
    value, wrong = _read(name, value)
    return Setting(
        name=name,
        title=title(name),
        about=Text(spec.rule.about),
        kind=kind_of(spec),
        choices=_choices(spec),
        allowed=allowed(spec),
        unit=Text(spec.rule.unit) if spec.rule.unit else None,
        least=spec.rule.least,
        most=spec.rule.most,
        default=spec.default,
        value=value,
        origin=origin,
        own=own,
        inherited=_read(name, inherited)[0],
        inherited_from=inherited_from,
        operation=operation_of(name),
        lock=locks.get(name),
        rare=rare,
        wrong=wrong,
    )


def _read(name: str, value: object) -> tuple[object, Text | None]:
    """Return a stored value in its own type, or as it is with what is wrong with it."""
    try:
        return settings.read_setting(name, value), None
    except UsageError as error:
        return value, Text(error.public)


def _choices(spec: Spec) -> tuple[Choice, ...]:
    values: Sequence[object] = spec.rule.choices
    if not values and spec.kind == "texts":
        values = tuple(CHOICES.get(spec.name, {}))
    return tuple(
        Choice(value=value, title=choice_title(spec.name, value)) for value in values
    )


def _locks(conn: Connection[Any], level: Level) -> dict[str, Lock]:
    family, locked = families.find_locked(conn, level["list_id"])
    return {
        name: Lock(family=family, choices=tuple(choices or ()))
        for name, choices in locked.items()
    }


def _plain(number: float | None) -> str:
    return "…" if number is None else f"{number:.10g}"
