"""What a family says: kept as JSON, shown as TOML; read from TOML by `reading`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from listhub.config import toml
from listhub.lists.families import placeholders
from listhub.lists.sources import kinds
from listhub.lists.sources.register import TTL
from listhub.lists.sources.sealing import Sealing
from listhub.lists.sources.source import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilySource:
    """A data source that each list of the family gets; its fields are texts."""

    name: str
    kind: str
    role: Role = "member"
    every: int = TTL  #: seconds
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[Role, str]:
        return self.role, self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A template of lists; texts may hold placeholders."""

    about: str = ""
    #: Where its lists may be; "": in any domain.
    domain: str = ""
    #: Names that are made into lists by their first post; "": none.
    pattern: str = ""
    #: The scenario of automatic_list_creation that says whose post may do so.
    creation: str = "public"
    #: An automatic list that has no members and never had a post is removed.
    remove_empty: bool = False
    owners: tuple[str, ...] = ()
    moderators: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    #: What a list may not change; None: at all, else what it may choose from.
    locked: Mapping[str, Sequence[object] | None] = field(default_factory=dict)
    sources: tuple[FamilySource, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """The names of the values that each list must bring along."""
        values = [*self.owners, *self.moderators, *self.settings.values()]
        values += [value for each in self.sources for value in each.fields.values()]
        needed = {name for value in values for name in placeholders.names(value)}
        return frozenset(needed.difference(placeholders.ALWAYS))


def document(family: Family) -> dict[str, object]:
    """Return a family as it is stored."""
    return {
        "about": family.about,
        "domain": family.domain,
        "pattern": family.pattern,
        "creation": family.creation,
        "remove_empty": family.remove_empty,
        "owners": list(family.owners),
        "moderators": list(family.moderators),
        "settings": dict(family.settings),
        "locked": {
            key: None if allowed is None else list(allowed)
            for key, allowed in family.locked.items()
        },
        "sources": [
            {
                "name": each.name,
                "kind": each.kind,
                "role": each.role,
                "every": each.every,
                "fields": dict(each.fields),
            }
            for each in family.sources
        ],
    }


def of_document(stored: Mapping[str, Any]) -> Family:
    """Return what `document` made; names of a newer release are passed over."""
    texts = {
        name: stored[name]
        for name in ("about", "domain", "pattern", "creation", "remove_empty")
        if name in stored
    }
    return Family(
        **texts,
        owners=tuple(stored.get("owners", ())),
        moderators=tuple(stored.get("moderators", ())),
        settings=stored.get("settings", {}),
        locked=stored.get("locked", {}),
        sources=tuple(FamilySource(**each) for each in stored.get("sources", ())),
    )


def text_of(family: Family) -> str:
    """Return a family as TOML, for people: secrets are hidden."""
    stored = document(family)
    plain = {
        name: value
        for name, value in stored.items()
        if value and name not in {"settings", "locked", "sources"}
    }
    locked = {key: allowed or True for key, allowed in family.locked.items()}
    parts = [toml.document(plain)]
    for name, values in (("settings", family.settings), ("locked", locked)):
        if values:
            parts.append(f"\n[{name}]\n{toml.document(values)}")
    for each in without_secrets(family).sources:
        about = {"name": each.name, "kind": each.kind, "role": each.role}
        parts.append(f"\n[[sources]]\n{toml.document({**about, 'every': each.every})}")
        parts.append(f"[sources.fields]\n{toml.document(each.fields)}")
    return "".join(parts).lstrip("\n")


def sealed(family: Family, sealing: Sealing) -> Family:
    """Return a family as it is stored: the passwords of its sources are sealed."""
    return _with_fields(
        family,
        lambda each: sealing.sealed(each.fields, secret=kinds.secret_fields(each.kind)),
    )


def opened(family: Family, sealing: Sealing | None) -> Family:
    """Return a family with the passwords of its sources; without `sealing` as it is."""
    if sealing is None:
        return family
    return _with_fields(family, lambda each: sealing.opened(each.fields))


def without_secrets(family: Family) -> Family:
    """Return a family as people may see it."""
    return _with_fields(family, lambda each: kinds.hidden(each.kind, each.fields))


def with_secrets_of(family: Family, before: Family) -> Family:
    """Return a family whose hidden secrets are those of the one before."""
    known = {each.key: each.fields for each in before.sources}

    def revealed(each: FamilySource) -> Mapping[str, str]:
        old = known.get(each.key, {})
        return {
            name: old.get(name, value) if value == kinds.HIDDEN else value
            for name, value in each.fields.items()
        }

    return _with_fields(family, revealed)


def _with_fields(
    family: Family, fields: Callable[[FamilySource], Mapping[str, str]]
) -> Family:
    sources = tuple(replace(each, fields=fields(each)) for each in family.sources)
    return replace(family, sources=sources)
