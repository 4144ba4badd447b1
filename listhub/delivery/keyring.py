"""The keys that sign our mail, from files: DIRECTORY/DOMAIN/SELECTOR.pem.

All keys of a domain sign, so a site has an RSA and an Ed25519 key, or a new one beside
an old one, by putting files there.  They are read again when one of them changes.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from listhub import log
from listhub.errors import TemporaryError, UsageError
from listhub.mail.signing.dkim import Signer
from listhub.mail.signing.keys import SigningKey, parse_key

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

        Raise TemporaryError for keys that are there and cannot be used: mail waits
        rather than leave without its signature.
        """
        if self._directory is None or not domain:
            return None
        now = time.monotonic()
        looked, version, signer = self._known.get(domain, (float("-inf"), (), None))
        if now - looked < self._fresh:
            return signer
        place = self._directory / _safe(domain)
        newest = _version(place)
        if newest != version:
            signer = _read([place / name for name, _ in newest], domain)
        self._known[domain] = now, newest, signer
        return signer


def _version(place: Path) -> _Version:
    try:
        with os.scandir(place) as found:
            return tuple(
                sorted(
                    (file.name, file.stat().st_mtime_ns)
                    for file in found
                    if file.name.endswith(".pem")
                )
            )
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _unusable(place, error.strerror or str(error)) from error


def _read(paths: Sequence[Path], domain: str) -> Signer | None:
    keys: list[SigningKey] = []
    for path in paths:
        try:
            key = parse_key(path.read_bytes(), domain=domain, selector=path.stem)
        except OSError as error:
            raise _unusable(path, error.strerror or str(error)) from error
        except UsageError as error:
            raise _unusable(path, str(error)) from error
        if key.warning:
            _log.warning("weak key", path=str(path), why=key.warning)
        keys.append(key)
    # RFC 8463 §3: Ed25519 beside RSA; who does not know it finds the other one.
    keys.sort(key=lambda key: key.type, reverse=True)
    return Signer(keys=tuple(keys)) if keys else None


def _safe(domain: str) -> str:
    """Return the name of a domain's directory; no name leads out of ours."""
    name = domain.lower()
    if "/" in name or "\0" in name or name.startswith("."):
        raise _unusable(Path("…"), "this is not the name of a domain")
    return name


def _unusable(path: Path, why: str) -> TemporaryError:
    return TemporaryError(
        "The mail cannot be signed at present.", reason=f"the key {path}: {why}"
    )
