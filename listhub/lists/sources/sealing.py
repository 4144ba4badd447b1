"""Passwords of sources at rest: under a key that follows from the secret of the site.

Whoever reads the database, a copy of it, or what is exported of it finds no password.
What earlier releases stored as it was is read as it is, and sealed when its source is
changed or `listhub source seal` is run.
"""

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken

from listhub.config import Settings, derived_key
from listhub.errors import UsageError

#: What the key is for; a key derived under this name opens nothing else.
PURPOSE = "passwords of data sources"

_MARK = "sealed:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """Seals and opens fields; the secret of the site is read only if one is there."""

    settings: Settings

    def sealed(
        self, fields: Mapping[str, str], *, secret: Collection[str]
    ) -> dict[str, str]:
        """Return fields as they are stored; UsageError if the site has no secret."""
        return {
            name: self._seal(value)
            if name in secret and not is_sealed(value)
            else value
            for name, value in fields.items()
        }

    def opened(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Return fields as they were given; UsageError if the secret is another one."""
        return {
            name: self._open(name, value) if is_sealed(value) else value
            for name, value in fields.items()
        }

    def _seal(self, value: str) -> str:
        return _MARK + self._key().encrypt(value.encode()).decode()

    def _open(self, name: str, value: str) -> str:
        try:
            return self._key().decrypt(value.removeprefix(_MARK)).decode()
        except InvalidToken:
            raise UsageError(
                f"{name} was stored under another secret of the site; set it anew."
            ) from None

    def _key(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(derived_key(self.settings, PURPOSE)))


def is_sealed(value: str) -> bool:
    """Say whether a stored value is sealed."""
    return value.startswith(_MARK)
