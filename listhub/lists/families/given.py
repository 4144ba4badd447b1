"""What is a list's own in its family: fields for placeholders, settings, people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The line of one list; settings are those of lists, checked."""

    fields: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    owners: tuple[str, ...] = ()
    moderators: tuple[str, ...] = ()

    def document(self) -> dict[str, object]:
        """Return it as it is stored."""
        return {
            "fields": dict(self.fields),
            "settings": {
                key: list(value) if isinstance(value, tuple) else value
                for key, value in self.settings.items()
            },
            "owners": list(self.owners),
            "moderators": list(self.moderators),
        }


def of_document(stored: Mapping[str, Any]) -> Given:
    """Return what `document` made, of this release or another."""
    return Given(
        fields=stored.get("fields") or {},
        settings=stored.get("settings") or {},
        owners=tuple(stored.get("owners") or ()),
        moderators=tuple(stored.get("moderators") or ()),
    )


def always(name: str, domain: str) -> dict[str, str]:
    """Return the fields that every list has."""
    return {"name": name, "domain": domain, "address": f"{name}@{domain}"}
