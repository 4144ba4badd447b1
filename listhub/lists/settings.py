"""List settings: what a list may set, and the levels that they come from.

    defaults  <-  site  <-  domain  <-  family  <-  list        (later wins)

Each level is one JSON object in `setting_version`; a change writes a new row that
holds the whole level, so its history is there and nothing is overwritten.  That of a
family is kept for each of its lists, as the family makes it (listhub.lists.families).
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict, TypeVar, get_args

from psycopg import Connection
from psycopg.types.json import Jsonb

from listhub import log
from listhub.config.fields import (
    Spec,
    WrongValueError,
    nearest,
    read_text,
    read_value,
    shown,
    specs,
)
from listhub.config.toml import document, read_document
from listhub.errors import PermanentError, TemporaryError, UsageError
from listhub.lists.families import level as families
from listhub.lists.list_settings import ListSettings
from listhub.lists.stale import StaleError
from listhub.policy import patterns
from listhub.policy.patterns import PatternError

V = TypeVar("V")
Scope = Literal["site", "domain", "family", "list"]

#: The levels of a list, later winning.
SCOPES: tuple[Scope, ...] = get_args(Scope)

_logger = log.get(__name__)

#: Settings that are regular expressions.
EXPRESSIONS = frozenset({"loop_prevention_regex", "dmarc_domain_regex"})

#: Settings whose lines each begin with a name of their own.
NAMED = frozenset({"attributes", "topics"})

#: Settings of earlier releases, which may still be stored beside their successors.
_RETIRED = frozenset({"post", "list_headers"})

SPECS: Mapping[str, Spec] = specs(ListSettings)


class Level(TypedDict):
    """Which level is meant: the site, one domain, or (by id) one list or its family."""

    scope: Scope
    domain_id: int | None
    list_id: int | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SettingVersion:
    """One version of a level: all its values, who made it and when (UTC)."""

    version: int
    values: Mapping[str, object]
    changed_by: str
    changed_at: datetime


def resolve(*levels: Mapping[str, object]) -> ListSettings:
    """Return the settings in force, later levels winning; UsageError for a wrong one."""
    values: dict[str, Any] = {}
    for level in levels:
        values.update(check_level(level))
    return ListSettings(**values)


def check_level(
    level: Mapping[str, object], *, source: str = "list settings"
) -> dict[str, object]:
    """Return a level's values in their own types; UsageError names what is wrong."""
    return {
        key: read_setting(key, value, source=source) for key, value in level.items()
    }


def read_setting(key: str, value: object, *, source: str = "list settings") -> object:
    """Return one value in its own type; UsageError says what is allowed."""
    return _read(read_value, key, value, source=source)


def read_written(key: str, text: str, *, source: str) -> object:
    """Return one value from the text that a person typed; UsageError as above."""
    return _read(read_text, key, text, source=source)


def _read(
    reader: Callable[[Spec, V], object], key: str, value: V, *, source: str
) -> object:
    spec = _spec(key, source=source)
    try:
        read = reader(spec, value)
    except WrongValueError as wrong:
        raise UsageError(wrong.sentence(source=source, name=key)) from None
    if key in EXPRESSIONS:
        _check_expression(str(read), key, source=source)
    if key in NAMED and isinstance(read, tuple):
        _check_names(read, key, source=source)
    return read


def _check_names(lines: tuple[str, ...], key: str, *, source: str) -> None:
    """Refuse two lines of one name: which of them would be meant?"""
    names = [line.partition("|")[0].strip() for line in lines]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise UsageError(
            f"{source}: {key} has {shown(doubled)} twice; one line for each name is"
            " allowed."
        )


def _check_expression(written: str, key: str, *, source: str) -> None:
    """Refuse what is no regular expression, or one that a long address can stall."""
    try:
        if patterns.is_plain(written):
            return
        why = "it can be read in too many ways"
    except PatternError as error:
        why = str(error)
    raise UsageError(
        f"{source}: {key} is {shown(written)}; a regular expression is allowed ({why})."
    )


def _spec(key: str, *, source: str = "list settings") -> Spec:
    if key not in SPECS:
        raise UsageError(
            f"{source}: {shown(key)[1:-1]} is not a setting of lists; did you mean"
            f" {nearest(key, SPECS)}?"
        )
    return SPECS[key]


#: The newest values of the levels of the list `l`, as columns for `levels_of`.
LEVELS = """
  (SELECT v."values" FROM setting_version AS v
    WHERE v.scope = 'site'
      AND coalesce(v.domain_id, 0) = 0 AND coalesce(v.list_id, 0) = 0
    ORDER BY v.version DESC LIMIT 1),
  (SELECT v."values" FROM setting_version AS v
    WHERE v.scope = 'domain'
      AND coalesce(v.domain_id, 0) = l.domain_id AND coalesce(v.list_id, 0) = 0
    ORDER BY v.version DESC LIMIT 1),
  (SELECT v."values" FROM setting_version AS v
    WHERE l.family IS NOT NULL AND v.scope = 'family'
      AND coalesce(v.domain_id, 0) = 0 AND coalesce(v.list_id, 0) = l.id
    ORDER BY v.version DESC LIMIT 1),
  (SELECT v."values" FROM setting_version AS v
    WHERE v.scope = 'list'
      AND coalesce(v.domain_id, 0) = 0 AND coalesce(v.list_id, 0) = l.id
    ORDER BY v.version DESC LIMIT 1)
"""
_OF_LISTS = f"SELECT l.id, {LEVELS} FROM mailing_list AS l WHERE l.id = ANY(%s)"  # noqa: S608


def load_levels(
    conn: Connection[Any], list_id: int
) -> dict[Scope, Mapping[str, object]]:
    """Return the newest values of the levels of a list, in one query."""
    return _load_levels(conn, [list_id])[list_id]


def _load_levels(
    conn: Connection[Any], lists: Collection[int]
) -> dict[int, dict[Scope, Mapping[str, object]]]:
    rows = conn.execute(_OF_LISTS, [list(lists)]).fetchall()
    found = {row[0]: levels_of(row[1:]) for row in rows}
    for gone in set(lists) - found.keys():
        raise PermanentError(
            "There is no such list.",
            code=550,
            enhanced="5.1.1",
            reason=f"mailing_list {gone} is gone",
        )
    return found


def levels_of(columns: Sequence[Any]) -> dict[Scope, Mapping[str, object]]:
    """Return levels by their scope from the columns of `LEVELS`."""
    return {scope: values or {} for scope, values in zip(SCOPES, columns, strict=True)}


def load_list_settings(conn: Connection[Any], list_id: int) -> ListSettings:
    """Return a list's settings in force; TemporaryError while stored ones are wrong."""
    return settings_of(load_levels(conn, list_id), list_id=list_id)


def load_settings_of(
    conn: Connection[Any], lists: Collection[int]
) -> dict[int, ListSettings]:
    """Return the settings in force of several lists, in one query; errors as above."""
    found = _load_levels(conn, lists)
    return {each: settings_of(levels, list_id=each) for each, levels in found.items()}


def settings_of(
    found: Mapping[Scope, Mapping[str, object]], *, list_id: int
) -> ListSettings:
    """Return the settings that stored levels make; TemporaryError for wrong ones.

    A name that this release does not know is passed over: a newer release on another
    host may have written it.  A value that it cannot use stops the list's mail until
    it is mended, since guessing could open a closed list.
    """
    levels = []
    for scope, level in found.items():
        unknown = sorted(level.keys() - SPECS.keys() - _RETIRED)
        if unknown:
            _logger.warning("unknown list settings", scope=scope, names=unknown)
        levels.append({key: level[key] for key in level if key in SPECS})
    try:
        return resolve(*levels)
    except UsageError as error:
        raise TemporaryError(
            "The list's settings cannot be used at the moment.",
            reason=f"mailing_list {list_id}: {error.public}",
        ) from error


_AT_LEVEL = """
WHERE scope = %(scope)s
  AND coalesce(domain_id, 0) = coalesce(%(domain_id)s::bigint, 0)
  AND coalesce(list_id, 0) = coalesce(%(list_id)s::bigint, 0)
"""
_HISTORY = f"""
SELECT version, "values", changed_by, changed_at FROM setting_version
{_AT_LEVEL}
ORDER BY version DESC LIMIT %(limit)s
"""  # noqa: S608 - put together from constants
_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended(
  concat_ws('/', 'setting_version', %(scope)s::text,
            %(domain_id)s::bigint, %(list_id)s::bigint), 0))
"""
_INSERT = """
INSERT INTO setting_version
  (scope, domain_id, list_id, version, "values", changed_by)
VALUES
  (%(scope)s, %(domain_id)s, %(list_id)s, %(version)s, %(values)s, %(changed_by)s)
"""


def history(
    conn: Connection[Any],
    *,
    scope: Scope,
    domain_id: int | None = None,
    list_id: int | None = None,
    limit: int = 100,
) -> list[SettingVersion]:
    """Return the versions of a level, newest first, at most `limit`."""
    level = Level(scope=scope, domain_id=domain_id, list_id=list_id)
    rows = conn.execute(_HISTORY, {**level, "limit": limit}).fetchall()
    return [
        SettingVersion(
            version=row[0], values=row[1], changed_by=row[2], changed_at=row[3]
        )
        for row in rows
    ]


def set_values(
    conn: Connection[Any],
    *,
    scope: Scope,
    domain_id: int | None = None,
    list_id: int | None = None,
    changes: Mapping[str, object | None],
    changed_by: str,
    replace: bool = False,
    expected: int | None = None,
) -> int:
    """Change a level and return its version; None removes a value.

    With `replace` the level then holds the changes and nothing else.  Changes that
    change nothing make no new version.  `expected` is the version that was seen, 0
    none: StaleError if there is a newer one.  UsageError for a wrong name or value, and
    for one that the list's family does not allow.
    """
    kept = {key: value for key, value in changes.items() if value is not None}
    checked = check_level(kept)
    if scope == "list" and checked:
        families.check_own(conn, list_id, checked)
    level = Level(scope=scope, domain_id=domain_id, list_id=list_id)
    with conn.transaction():
        lock(conn, level)
        newest = next(iter(history(conn, **level, limit=1)), None)
        before = dict(newest.values) if newest else {}
        version = newest.version if newest else 0
        if expected is not None and newest and version != expected:
            raise StaleError(
                expected=expected,
                version=version,
                by=newest.changed_by,
                at=newest.changed_at,
            )
        for key in changes.keys() - before.keys():
            _spec(key)  # what a newer release stored may be removed by name
        base = {} if replace else before
        after = {key: base[key] for key in base if key not in changes} | checked
        # As JSON has it: a tuple comes back as a list.
        after = {k: list(v) if isinstance(v, tuple) else v for k, v in after.items()}
        if after != before:
            version += 1
            row = {**level, "version": version, "values": Jsonb(after)}
            conn.execute(_INSERT, {**row, "changed_by": changed_by})
    return version


def lock(conn: Connection[Any], level: Level) -> None:
    """Let nobody else change a level until the transaction ends.

    Of two people at once the second one then sees what the first one wrote.
    """
    conn.execute(_LOCK, level)


def export_text(level: Mapping[str, object]) -> str:
    """Return a level as TOML, one line a value, in the order of the settings."""
    order = [key for key in SPECS if key in level]
    return document(
        {key: level[key] for key in [*order, *sorted(level.keys() - order)]}
    )


def import_text(text: str, *, source: str) -> dict[str, object]:
    """Return the level that a TOML text holds; UsageError names `source` and the key."""
    return check_level(read_document(text, source=source), source=source)


def find_level(
    conn: Connection[Any], *, domain: str | None = None, address: str | None = None
) -> Level:
    """Return the level of a list's address, of a domain's name, or of the site."""
    if address is not None:
        query, name = "SELECT id FROM mailing_list WHERE address = lower(%s)", address
    elif domain is not None:
        query, name = "SELECT id FROM domain WHERE name = lower(%s)", domain
    else:
        return Level(scope="site", domain_id=None, list_id=None)
    if "\0" in name or (row := conn.execute(query, (name,)).fetchone()) is None:
        what = "domain" if address is None else "list"
        raise UsageError(f"There is no {what} {shown(name)[1:-1]} here.")
    if address is None:
        return Level(scope="domain", domain_id=row[0], list_id=None)
    return Level(scope="list", domain_id=None, list_id=row[0])
