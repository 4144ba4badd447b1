"""A family and what is given for one list, put together and checked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists import settings
from listhub.lists.families import level, placeholders
from listhub.lists.families.document import Family, FamilySource
from listhub.lists.families.given import Given
from listhub.lists.sources import kinds
from listhub.lists.sources.source import Role
from listhub.mail.address import key, parse_addr_spec

#: What may come to stand in a query of somebody else's database or directory: nothing
#: that ends a text there, or begins a comment.
_HARMLESS = re.compile(r"(?!.*--)[\w.+@ -]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What a family makes of one list; people by their keys, as they are written."""

    settings: Mapping[str, object]
    people: Mapping[tuple[Role, str], str]
    sources: Mapping[tuple[Role, str], FamilySource]


NOTHING = Rendered(settings={}, people={}, sources={})


def render(family: Family, given: Given) -> Rendered:
    """Return what a list of the family is; UsageError names what cannot be."""
    if missing := family.fields.difference(given.fields):
        raise UsageError(f"{min(missing)} is missing.")
    people = {
        **_people("owner", (*family.owners, *given.owners), given),
        **_people("moderator", (*family.moderators, *given.moderators), given),
    }
    return Rendered(
        settings=_settings(family, given),
        people=people,
        sources={each.key: _source(each, given) for each in family.sources},
    )


def _settings(family: Family, given: Given) -> dict[str, object]:
    filled = {
        name: placeholders.fill(value, given.fields)
        for name, value in family.settings.items()
    }
    values = settings.check_level({**filled, **given.settings}, source="settings")
    for name in given.settings:
        if name in family.locked and family.locked[name] is None:
            raise UsageError(f"{name} is the same for all lists of the family.")
    # What is fixed is so as the family says it; what is to be chosen is checked.
    choices = {name: each for name, each in family.locked.items() if each is not None}
    for name in level.forbidden(choices, values):
        allowed = " or ".join(map(shown, choices[name]))
        raise UsageError(
            f"{name} is {shown(values[name])}; in this family it may be {allowed}."
        )
    return values


def _people(
    role: Role, written: Sequence[str], given: Given
) -> dict[tuple[Role, str], str]:
    """Return the people of a role by the keys of their addresses."""
    people: dict[tuple[Role, str], str] = {}
    for each in written:
        address = placeholders.fill_text(each, given.fields)
        if parse_addr_spec(address) is None:
            raise UsageError(f"{shown(address)} is not an address.")
        people[role, key(address)] = address
    return people


def _source(each: FamilySource, given: Given) -> FamilySource:
    def harmless(value: str) -> str:
        if not _HARMLESS.fullmatch(value):
            raise UsageError(
                f"{shown(value)} cannot stand in the source {each.name}: letters, digits,"
                " spaces and . _ + @ - can, and no two hyphens in a row."
            )
        return value

    fields = {
        name: placeholders.fill_text(value, given.fields, quote=harmless)
        for name, value in each.fields.items()
    }
    kinds.checked(each.kind, fields, list_id=0)
    return replace(each, fields=fields)
