"""Settings are changed by people: many at once, each value told why it cannot be.

    change(conn, level, {"max_size": "0"}, expected=4, actor="ann@a.example", how="web")

Every change is a version of the level, by whom and when; versions are compared, and an
older one is taken back as a new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from listhub.config.fields import (
    WrongValueError,
    nearest,
    read_text,
    read_value,
    shown,
)
from listhub.errors import UsageError
from listhub.i18n.text import N_, Text
from listhub.lists import audit, paging, setting_rights, settings
from listhub.lists.authorise import operation_of
from listhub.lists.families import level as families
from listhub.lists.files import DbFiles
from listhub.lists.options import How
from listhub.lists.paging import Page
from listhub.lists.said import SaidError
from listhub.lists.setting_rights import Rank
from listhub.lists.setting_view import allowed, title
from listhub.lists.settings import SPECS, Level, SettingVersion
from listhub.lists.stale import StaleError
from listhub.policy.library import find, scenario_path

WRONG = N_("%(name)s: %(problem)s")
WRONG_AND_MORE = N_("%(name)s: %(problem)s There are %(more)s more problems.")
UNKNOWN = N_("There is no setting %(name)s; did you mean %(near)s?")
NOT_ALLOWED = N_("%(value)s is not allowed here; allowed: %(allowed)s.")
NO_EXPRESSION = N_(
    "%(value)s is not allowed here; allowed: a regular expression that can be read in"
    " one way only."
)
DOUBLED = N_("Two lines have the same name; each needs one of its own.")
NO_SCENARIO = N_("There is no scenario %(name)s to choose.")
FIXED = N_("The family %(family)s fixes this.")
NO_VERSION = N_("There is no version %(version)s.")

_PAGE = """
SELECT version, "values", changed_by, changed_at FROM setting_version
 WHERE scope = %(scope)s
   AND coalesce(domain_id, 0) = coalesce(%(domain_id)s::bigint, 0)
   AND coalesce(list_id, 0) = coalesce(%(list_id)s::bigint, 0)
   AND version BETWEEN %(from)s AND %(to)s
 ORDER BY version DESC
"""
_LIST = "SELECT address FROM mailing_list WHERE id = %s"
_DOMAIN = "SELECT name FROM domain WHERE id = %s"


class WrongSettingsError(SaidError):
    """Values that cannot be; `problems` says of each setting why, in any language."""

    def __init__(self, problems: Mapping[str, Text]) -> None:
        name, problem = next(iter(problems.items()))
        text = WRONG if len(problems) == 1 else WRONG_AND_MORE
        more = len(problems) - 1
        super().__init__(text, name=name[:100], problem=problem, more=more)
        self.problems = dict(problems)


class StaleSettingsError(StaleError):
    """Somebody else has changed settings since; `differences` says which and how."""

    def __init__(
        self, stale: StaleError, differences: tuple["Difference", ...]
    ) -> None:
        super().__init__(
            expected=stale.expected, version=stale.version, by=stale.by, at=stale.at
        )
        self.differences = differences


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One setting in two versions; None: the level did not have it."""

    name: str
    title: Text
    before: object | None
    after: object | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a level: who made it when (UTC), and what it changed."""

    version: int
    changed_by: str
    changed_at: datetime
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The version that a level is at now, and what is otherwise than before."""

    version: int
    differences: tuple[Difference, ...]


def change(
    conn: Connection[Any],
    level: Level,
    changes: Mapping[str, object],
    *,
    actor: str,
    how: How,
    expected: int | None = None,
    rank: Rank = "listmaster",
) -> Changed:
    """Change settings of a level; None takes the level's own value away.

    A text is read as forms and command lines write it, other values as JSON has them.
    WrongSettingsError for values that cannot be, or that the actor's rank may not
    change, StaleSettingsError if the level is no longer at `expected`; nothing is
    changed then.
    """
    values = check(conn, level, changes, rank=rank)
    return _save(
        conn, level, values, actor=actor, how=how, expected=expected, replace=False
    )


def check(
    conn: Connection[Any],
    level: Level,
    changes: Mapping[str, object],
    *,
    rank: Rank = "listmaster",
) -> dict[str, object]:
    """Return the values in their own types; WrongSettingsError for what cannot be."""
    problems: dict[str, Text] = {}
    values: dict[str, object] = {}
    for name, written in changes.items():
        found = _value(name, written)
        if isinstance(found, Text):
            problems[name] = found
        else:
            values[name] = found
    problems |= _unknown_scenarios(conn, level, values)
    problems |= _fixed(conn, level, values)
    problems |= setting_rights.forbidden(values, rank)
    if problems:
        raise WrongSettingsError(problems)
    return values


def revert(
    conn: Connection[Any],
    level: Level,
    version: int,
    *,
    actor: str,
    how: How,
    expected: int | None = None,
    rank: Rank = "listmaster",
) -> Changed:
    """Make a level what it was in an earlier version, as a new one.

    UsageError if there is no such version; errors as `change`.
    """
    old = _one(conn, level, version)
    kept = {name: value for name, value in old.values.items() if name in SPECS}
    values = check(conn, level, kept)
    with conn.transaction():
        settings.lock(conn, level)
        now = next(iter(settings.history(conn, **level, limit=1))).values
        changed = [one.name for one in differences(now, kept)]
        if problems := setting_rights.forbidden(changed, rank):
            raise WrongSettingsError(problems)
        return _save(
            conn,
            level,
            values,
            actor=actor,
            how=how,
            expected=expected,
            replace=True,
        )


def versions(
    conn: Connection[Any],
    level: Level,
    *,
    cursor: str = "",
    size: int = paging.SIZE,
) -> Page[Version]:
    """Return a page of a level's versions with what each changed, the newest first."""
    place, size = paging.read(cursor, (int,)), paging.bounded(size)
    number = int(place.key[0]) if place and isinstance(place.key[0], int) else 0
    if place and place.back:
        first, last = number + 1, number + size + 1
    else:
        last = number - 1 if place else _newest(conn, level)
        first = last - size
    # One more at the end: the last row needs the version before it.
    rows = _between(conn, level, first - 1, last)
    before = {row.version: row.values for row in rows}
    found = [
        Version(
            version=row.version,
            changed_by=row.changed_by,
            changed_at=row.changed_at,
            differences=differences(before.get(row.version - 1, {}), row.values),
        )
        for row in rows
        if row.version >= first
    ]
    if place and place.back:
        found.reverse()
    return paging.cut(found, size=size, cursor=place, key=lambda one: (one.version,))


def compare(
    conn: Connection[Any], level: Level, old: int, new: int
) -> tuple[Difference, ...]:
    """Return what differs between two versions; 0 is before the first one."""
    before = _one(conn, level, old).values if old else {}
    return differences(before, _one(conn, level, new).values if new else {})


def differences(
    old: Mapping[str, object], new: Mapping[str, object]
) -> tuple[Difference, ...]:
    """Return the settings that two levels have otherwise, in the order of settings."""
    names = [name for name in SPECS if name in old or name in new]
    names += sorted((old.keys() | new.keys()) - SPECS.keys())
    return tuple(
        Difference(
            name=name, title=title(name), before=old.get(name), after=new.get(name)
        )
        for name in names
        if old.get(name) != new.get(name)
    )


def _save(
    conn: Connection[Any],
    level: Level,
    values: Mapping[str, object],
    *,
    actor: str,
    how: How,
    expected: int | None,
    replace: bool,
) -> Changed:
    with conn.transaction():
        settings.lock(conn, level)
        before = _newest(conn, level)
        try:
            version = settings.set_values(
                conn,
                **level,
                changes=values,
                changed_by=actor,
                replace=replace,
                expected=expected,
            )
        except StaleError as stale:
            seen = min(stale.expected, stale.version)
            since = compare(conn, level, max(seen, 0), stale.version)
            raise StaleSettingsError(stale, since) from None
        done = compare(conn, level, before, version) if version > before else ()
        if done:
            _note(conn, level, done, version=version, actor=actor, how=how)
    return Changed(version=version, differences=done)


def _value(name: str, written: object) -> object | Text:
    """Return one value in its own type, or why it cannot be."""
    spec = SPECS.get(name)
    if spec is None:
        near = nearest(name, SPECS)
        # What a newer release stored may be taken away by name.
        return (
            Text(UNKNOWN, name=shown(name), near=near) if written is not None else None
        )
    if written is None:
        return None
    try:
        plain = isinstance(written, str)
        value = read_text(spec, str(written)) if plain else read_value(spec, written)
        return settings.read_setting(name, value)
    except WrongValueError as wrong:
        return Text(NOT_ALLOWED, value=wrong.shown, allowed=allowed(spec))
    except UsageError:
        if name in settings.EXPRESSIONS:
            return Text(NO_EXPRESSION, value=shown(written))
        return Text(DOUBLED)


def _unknown_scenarios(
    conn: Connection[Any], level: Level, values: Mapping[str, object]
) -> dict[str, Text]:
    """Return what is wrong with names of scenarios: each must be there for its rules."""
    named = {
        name: (scenario_path(operation, str(value)), value)
        for name, value in values.items()
        if value is not None and (operation := operation_of(name))
    }
    if not named:
        return {}
    files = DbFiles(conn, list_id=level["list_id"], domain_id=level["domain_id"])
    files.fetch([path for path, _ in named.values()])
    return {
        name: Text(NO_SCENARIO, name=shown(value))
        for name, (path, value) in named.items()
        if find(files, path) is None
    }


def _fixed(
    conn: Connection[Any], level: Level, values: Mapping[str, object]
) -> dict[str, Text]:
    """Return the settings that the list's family does not let it have so."""
    if level["scope"] != "list":
        return {}
    family, locked = families.find_locked(conn, level["list_id"])
    wanted = {name: value for name, value in values.items() if value is not None}
    return {
        name: Text(FIXED, family=family) for name in families.forbidden(locked, wanted)
    }


def _between(
    conn: Connection[Any], level: Level, first: int, last: int
) -> list[SettingVersion]:
    rows = conn.execute(_PAGE, {**level, "from": first, "to": last}).fetchall()
    return [
        SettingVersion(
            version=row[0], values=row[1], changed_by=row[2], changed_at=row[3]
        )
        for row in rows
    ]


def _one(conn: Connection[Any], level: Level, version: int) -> SettingVersion:
    found = _between(conn, level, version, version) if 0 < version < 2**63 else []
    if not found:
        raise SaidError(NO_VERSION, version=version)
    return found[0]


def _newest(conn: Connection[Any], level: Level) -> int:
    found = settings.history(conn, **level, limit=1)
    return found[0].version if found else 0


def _note(
    conn: Connection[Any],
    level: Level,
    done: tuple[Difference, ...],
    *,
    version: int,
    actor: str,
    how: How,
) -> None:
    name = "the site"
    if level["list_id"] is not None:
        row = conn.execute(_LIST, [level["list_id"]]).fetchone()
        name = row[0] if row else ""
    elif level["domain_id"] is not None:
        row = conn.execute(_DOMAIN, [level["domain_id"]]).fetchone()
        name = row[0] if row else ""
    audit.note(
        conn,
        actor=actor,
        action=f"{level['scope']}.set",
        subject=name,
        list_id=level["list_id"],
        detail={
            "version": version,
            "changes": {one.name: one.after for one in done},
            "how": how,
        },
    )
