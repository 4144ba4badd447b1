"""What a list asks of its members: its attributes, and whether values fit them.

The setting has one for each line: `room | Room number | string | required`.  A type is
string, text, integer, or enum with its values: `enum: north, south`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from listhub.config.fields import shown
from listhub.i18n.text import N_
from listhub.lists.list_settings import ListSettings
from listhub.lists.said import SaidError

_INTEGER = re.compile(r"[+-]?\d{1,18}")
_LONGEST = {"string": 500, "text": 5000}

UNKNOWN = N_("%(attribute)s is not an attribute of the list.")
EMPTY = N_("%(attribute)s has to be filled in.")
NO_VALUE = N_(
    "%(attribute)s: %(value)s is not among its values; choose among %(choices)s."
)
NO_NUMBER = N_("%(attribute)s: %(value)s is not a whole number.")
TOO_LONG = N_("%(attribute)s: it must be at most %(most)s characters.")
NO_LINE = N_("%(attribute)s: it must be at most %(most)s characters on one line.")


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


def check(
    values: Mapping[str, object], settings: ListSettings, *, required: bool = True
) -> dict[str, str]:
    """Return the values that a member then has; UsageError names what is wrong.

    With `required` off, what the list demands may be left out, though not emptied.
    """
    known = {attribute.id: attribute for attribute in of_list(settings)}
    given = {name: str(value).strip() for name, value in values.items()}
    for name, value in given.items():
        if name not in known:
            raise SaidError(UNKNOWN, attribute=shown(name))
        if value:
            _check(known[name], value)
    for attribute in known.values():
        asked = required or attribute.id in given
        if asked and not attribute.optional and not given.get(attribute.id):
            raise SaidError(EMPTY, attribute=attribute.name)
    return {name: value for name, value in given.items() if value}


def merged(
    before: Mapping[str, object], changes: Mapping[str, str], settings: ListSettings
) -> dict[str, str]:
    """Return a member's values with some changed; what is asked no more is dropped.

    What the list has come to demand since is asked for where all is asked, not here.
    """
    known = {attribute.id for attribute in of_list(settings)}
    kept = {name: value for name, value in before.items() if name in known}
    return check({**kept, **changes}, settings, required=False)


def _check(attribute: Attribute, value: str) -> None:
    if attribute.values and value not in attribute.values:
        choices = ", ".join(attribute.values)
        raise SaidError(
            NO_VALUE, attribute=attribute.name, value=shown(value), choices=choices
        )
    if attribute.type == "integer" and not _INTEGER.fullmatch(value):
        raise SaidError(NO_NUMBER, attribute=attribute.name, value=shown(value))
    longest = _LONGEST.get(attribute.type, _LONGEST["string"])
    lines = attribute.type == "text"
    if len(value) > longest or not (lines or value.isprintable()) or "\0" in value:
        raise SaidError(
            TOO_LONG if lines else NO_LINE, attribute=attribute.name, most=longest
        )


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
