"""What a list asks of its members: its attributes, and whether values fit them.

The setting has one for each line: `room | Room number | string | required`.  A type is
string, text, integer, or enum with its values: `enum: north, south`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists.list_settings import ListSettings

_INTEGER = re.compile(r"[+-]?\d{1,18}")
_LONGEST = {"string": 500, "text": 5000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One question to members; `values` are those of an enum."""

    id: str
    name: str
    type: str
    optional: bool
    values: tuple[str, ...] = ()


def of_list(settings: ListSettings) -> tuple[Attribute, ...]:
    """Return the attributes of a list, in its order."""
    return tuple(map(_read, settings.attributes))


def check(values: Mapping[str, object], settings: ListSettings) -> dict[str, str]:
    """Return the values that a member then has; UsageError names what is wrong.

    What the list asks no more is dropped.
    """
    known = {attribute.id: attribute for attribute in of_list(settings)}
    kept = {name: str(value).strip() for name, value in values.items()}
    for name, value in kept.items():
        if value and name in known:
            _check(known[name], value)
    for attribute in known.values():
        if not attribute.optional and not kept.get(attribute.id):
            raise UsageError(f"{attribute.name} has to be filled in.")
    return {name: value for name, value in kept.items() if value and name in known}


def _check(attribute: Attribute, value: str) -> None:
    if attribute.values and value not in attribute.values:
        choices = ", ".join(attribute.values)
        raise UsageError(
            f"{attribute.name}: {shown(value)} is not among its values; choose among"
            f" {choices}."
        )
    if attribute.type == "integer" and not _INTEGER.fullmatch(value):
        raise UsageError(f"{attribute.name}: {shown(value)} is not a whole number.")
    longest = _LONGEST.get(attribute.type, _LONGEST["string"])
    lines = attribute.type == "text"
    if len(value) > longest or not (lines or value.isprintable()) or "\0" in value:
        what = f"at most {longest} characters" + ("" if lines else " on one line")
        raise UsageError(f"{attribute.name}: it must be {what}.")


def _read(line: str) -> Attribute:
    identifier, name, kind, optional = (
        part.strip() for part in f"{line}|||".split("|")[:4]
    )
    kind, _, values = kind.partition(":")
    return Attribute(
        id=identifier,
        name=name or identifier,
        type=kind.strip().lower() or "string",
        optional=optional.lower() != "required",
        values=tuple(each.strip() for each in values.split(",") if each.strip()),
    )
