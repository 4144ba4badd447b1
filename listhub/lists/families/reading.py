"""Read a family from the TOML that a person wrote, and say what is wrong with it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from listhub.config import toml
from listhub.config.fields import nearest, shown
from listhub.errors import UsageError
from listhub.lists import settings
from listhub.lists.families import level, pattern as patterns, placeholders
from listhub.lists.families.document import Family, FamilySource, of_document
from listhub.lists.sources import kinds, register as sources
from listhub.lists.sources.source import ROLES
from listhub.mail.address import parse_addr_spec

_LONGEST = 500
_SCENARIO = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,60}")

_SHAPE: Mapping[str, tuple[type, str]] = {
    "about": (str, "a text"),
    "domain": (str, "the name of a domain"),
    "pattern": (str, "a pattern of names"),
    "creation": (str, "the name of a scenario"),
    "remove_empty": (bool, "true or false"),
    "owners": (list, "a list of addresses"),
    "moderators": (list, "a list of addresses"),
    "settings": (dict, "a table"),
    "locked": (dict, "a table"),
    "sources": (list, "a table for each, [[sources]],"),
}
_SHAPE_OF_SOURCE: Mapping[str, tuple[type, str]] = {
    "name": (str, "a text"),
    "kind": (str, "a kind of source"),
    "role": (str, "member, owner or moderator"),
    "every": (int, "a whole number of seconds"),
    "fields": (dict, "a table of texts"),
}


def read(text: str, *, source: str) -> Family:
    """Return the family that a TOML text describes; UsageError names what is wrong."""
    found = toml.read_document(text, source=source)
    try:
        return checked(of_document(_shaped(found)))
    except UsageError as error:
        raise UsageError(f"{source}: {error.public}") from None


# --- its shape: what a person wrote is of any ------------------------------------------


def _shaped(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as it is stored, each value of its type."""
    _check_shape(found, _SHAPE, where="")
    for name in ("owners", "moderators"):
        _check_texts(found.get(name, ()), where=name)
    for number, each in enumerate(found.get("sources", ()), start=1):
        where = f"source {number}: "
        if not isinstance(each, dict):
            raise UsageError(f"{where}is not a table, [[sources]].")
        _check_shape(each, _SHAPE_OF_SOURCE, where=where)
        if missing := {"name", "kind"}.difference(each):
            raise UsageError(f"{where}{min(missing)} is missing.")
        _check_texts(each.get("fields", {}).values(), where=f"{where}fields")
    locked = {key: _choices(key, how) for key, how in found.get("locked", {}).items()}
    return {**found, "locked": locked}


def _check_shape(
    found: Mapping[str, Any], shape: Mapping[str, tuple[type, str]], *, where: str
) -> None:
    for name, value in found.items():
        if name not in shape:
            raise UsageError(
                f"{where}there is no {shown(name)[1:-1]}; did you mean"
                f" {nearest(name, shape)}?"
            )
        kind, words = shape[name]
        # To Python a switch is a whole number.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise UsageError(f"{where}{name} is {shown(value)}; {words} is allowed.")


def _check_texts(values: Iterable[object], *, where: str) -> None:
    for value in values:
        if not isinstance(value, str):
            raise UsageError(f"{where}: {shown(value)} is not a text.")


def _choices(key: str, how: object) -> Sequence[object] | None:
    if how is True:
        return None
    if not isinstance(how, list) or not how:
        raise UsageError(
            f"locked: {shown(key)[1:-1]} is {shown(how)}; true, or a list of what lists"
            " may choose, is allowed."
        )
    return how


# --- its values ---------------------------------------------------------------------


def checked(family: Family) -> Family:
    """Return a family with its values in the form of settings; UsageError otherwise."""
    if not _SCENARIO.fullmatch(family.creation):
        raise UsageError(
            f"creation is {shown(family.creation)}; the name of a scenario is allowed."
        )
    if len(family.about) > _LONGEST or not family.about.isprintable():
        raise UsageError(f"about is not one line of at most {_LONGEST} characters.")
    values = {key: _value(key, value) for key, value in family.settings.items()}
    locked = {key: _locked(key, allowed) for key, allowed in family.locked.items()}
    for key, value in values.items():
        _check_choice(locked, key, value)
    for address in (*family.owners, *family.moderators):
        _check_address(address)
    for number, each in enumerate(family.sources):
        _check_source(each, family.sources[:number])
    family = replace(family, settings=values, locked=locked)
    _check_fields(family.fields)
    if family.pattern:
        _check_pattern(family)
    return family


def _check_fields(names: Iterable[str]) -> None:
    """Refuse fields that would be columns of the same name in a roll."""
    for name in sorted(names):
        if name in settings.SPECS or name in {"list", "owners", "moderators"}:
            raise UsageError(
                f"${{{name}}} is the name of a column already; call it otherwise."
            )


def _check_pattern(family: Family) -> None:
    known = patterns.parse(family.pattern).fields
    _check_fields(known)
    if missing := family.fields.difference(known):
        raise UsageError(
            f"${{{min(missing)}}} is not in the pattern {family.pattern}; a list that is"
            " made by its first post would not know it."
        )


def _value(key: str, value: object) -> object:
    """Return a setting as JSON has it; with placeholders it is checked for each list."""
    _check_placeholders(value, where=f"settings: {key}")
    if any(placeholders.names(value)):
        spec = settings.SPECS.get(key)
        if spec is not None and spec.kind in {"text", "texts"}:
            return value
    return _as_json(settings.read_setting(key, value, source="settings"))


def _locked(key: str, allowed: Sequence[object] | None) -> Sequence[object] | None:
    if key not in settings.SPECS:
        settings.read_setting(key, None, source="locked")  # says what was meant
    if allowed is None:
        return None
    return [
        _as_json(settings.read_setting(key, each, source="locked")) for each in allowed
    ]


def _check_choice(
    locked: Mapping[str, Sequence[object] | None], key: str, value: object
) -> None:
    if any(placeholders.names(value)) or locked.get(key) is None:
        return
    for _ in level.forbidden(locked, {key: value}):
        raise UsageError(
            f"settings: {key} is {shown(value)}, which is not among what locked allows."
        )


def _check_address(address: str) -> None:
    _check_placeholders(address, where="owners and moderators")
    if not any(placeholders.names(address)) and parse_addr_spec(address) is None:
        raise UsageError(f"{shown(address)} is not an address.")


def _check_source(each: FamilySource, before: Sequence[FamilySource]) -> None:
    where = f"source {shown(each.name)}"
    if each.role not in ROLES:
        raise UsageError(
            f"{where}: role is {shown(each.role)}; {', '.join(ROLES)} are."
        )
    if each.key in {other.key for other in before}:
        raise UsageError(f"{where} is there twice.")
    if not sources.LEAST_TTL <= each.every <= sources.MOST_TTL:
        raise UsageError(
            f"{where}: every is {each.every}; {sources.LEAST_TTL} to"
            f" {sources.MOST_TTL} seconds are allowed."
        )
    for value in each.fields.values():
        _check_placeholders(value, where=where)
    values = list(each.fields.values())
    try:
        # What is not known yet, or hidden, is checked when a list is made with it.
        if any(placeholders.names(values)) or kinds.HIDDEN in values:
            kinds.by_name(each.kind).read_fields(each.fields)
        else:
            kinds.checked(each.kind, each.fields, list_id=0)
    except UsageError as error:
        raise UsageError(f"{where}: {error.public}") from None


def _check_placeholders(value: object, *, where: str) -> None:
    if wrong := placeholders.broken(value):
        raise UsageError(
            f"{where}: {shown(wrong)} is not a placeholder, such as ${{name}}."
        )


def _as_json(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
