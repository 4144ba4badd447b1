"""The keys that sign our mail, from files: DIRECTORY/DOMAIN/SELECTOR.pem.

All keys of a domain sign, so a site has an RSA and an Ed25519 key, or a new one beside
an old one, by putting files there.  They are read again when one of them changes.
"""

import time
from collections.abc import Sequence
from pathlib import Path

from listhub import log
from listhub.delivery import keys
from listhub.errors import TemporaryError, UsageError
from listhub.mail.signing.dkim import Signer
from listhub.mail.signing.keys import SigningKey

_log = log.get(__name__)

#: The names of a domain's keys, and when each file was written.
_Version = tuple[tuple[str, int], ...]


class Keyring:
    """The signers of one process, by domain; not shared between threads."""

    def __init__(self, directory: str, *, fresh: float = 10.0) -> None:
        """For `fresh` seconds nobody looks whether the files are still the same."""
        self._directory = Path(directory) if directory else None
        self._fresh = fresh
        self._known: dict[str, tuple[float, _Version, Signer | None]] = {}

    def signer(self, domain: str) -> Signer | None:
        """Return who signs for a domain, None if it has no keys.

        Raise TemporaryError where there are keys and none can be used: mail waits
        rather than leave without its signature.
        """
        if self._directory is None or not domain:
            return None
        now = time.monotonic()
        looked, version, signer = self._known.get(domain, (float("-inf"), (), None))
        if now - looked < self._fresh:
            return signer
        try:
            paths = keys.key_files(self._directory, domain)
            newest = _version(paths)
            if newest != version:
                signer = _read(paths, keys.signing_domain(domain))
        except (UsageError, OSError) as error:
            raise TemporaryError(
                "The mail cannot be signed at present.", reason=str(error)
            ) from error
        self._known[domain] = now, newest, signer
        return signer


def _version(paths: Sequence[Path]) -> _Version:
    return tuple((path.name, path.stat().st_mtime_ns) for path in paths)


def _read(paths: Sequence[Path], domain: str) -> Signer | None:
    found: list[SigningKey] = []
    wrong: list[UsageError] = []
    for path in paths:
        try:
            found.append(keys.read_key(path, domain=domain))
        except UsageError as error:
            _log.error("key not used", why=error.public)
            wrong.append(error)
    if wrong and not found:
        raise wrong[0]
    for key in found:
        if key.warning:
            _log.warning("weak key", why=key.warning)
    # RFC 8463 §3: who does not know Ed25519 goes by the other one.
    found.sort(key=lambda key: key.type, reverse=True)
    return Signer(keys=tuple(found)) if found else None
