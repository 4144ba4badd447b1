"""The files that keys are in: DIRECTORY/DOMAIN/SELECTOR.pem, read and written.

A key that everybody on the host can read signs for everybody: it is not used.
"""

import os
import re
from pathlib import Path

from listhub.errors import PermanentError, UsageError
from listhub.mail import address
from listhub.mail.signing.keys import SigningKey, parse_key, to_pem

_LARGEST = 65_536  # octets of a file that may be a key
_SELECTOR = re.compile(
    r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)


def signing_domain(text: str) -> str:
    """Return a domain as it is signed for: lower case, A-labels; UsageError if none."""
    parsed = address.parse_addr_spec(f"x@{text}")
    written = (parsed.ascii or "").partition("@")[2].lower() if parsed else ""
    if not written or written.startswith("["):
        raise UsageError(f"{text!r} is not the name of a domain.")
    return written


def read_key(path: Path, *, domain: str) -> SigningKey:
    """Read one file; UsageError names it and says what is wrong with it."""
    if not _SELECTOR.fullmatch(path.stem):
        raise UsageError(
            f"{path}: its name is not a selector; use letters, digits and hyphens."
        )
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read(_LARGEST)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}.") from error
    if mode & 0o007:
        raise UsageError(f"{path}: everybody may read it; run `chmod o= {path}`.")
    try:
        return parse_key(pem, domain=domain, selector=path.stem)
    except UsageError as error:
        raise UsageError(f"{path}: {error.public}") from error


def key_files(directory: Path, domain: str) -> list[Path]:
    """Return the files of a domain's keys; none where there is no directory.

    UsageError for a directory that cannot be read: it is not one without keys.
    """
    place = directory / signing_domain(domain)
    try:
        found = sorted(place.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UsageError(f"{place}: {error.strerror or error}.") from error
    return [path for path in found if path.suffix == ".pem"]


def domains(directory: Path) -> list[str]:
    """Return the domains that have a directory; other directories are passed over."""
    if not directory.is_dir():
        return []
    places = sorted(place.name for place in directory.iterdir() if place.is_dir())
    return [name for name in places if _is_domain(name)]


def write_key(directory: Path, key: SigningKey) -> Path:
    """Write a new key, for the owner and the group of its directory; return the file.

    PermanentError if there is one already: its public half may be in DNS.
    """
    if not _SELECTOR.fullmatch(key.selector):
        raise UsageError(
            f"{key.selector!r} is not a selector; use letters, digits and hyphens."
        )
    place = directory / key.domain
    path = place / f"{key.selector}.pem"
    try:
        place.mkdir(mode=0o750, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(path, flags, 0o640), "wb") as file:
            # Workers are of the directory's group, whoever makes the key.
            os.fchown(file.fileno(), -1, place.stat().st_gid)
            file.write(to_pem(key))
    except FileExistsError:
        raise PermanentError(
            f"{path} is there already; choose another selector, or remove it."
        ) from None
    except OSError as error:
        raise PermanentError(f"{path}: {error.strerror or error}.") from error
    return path


def _is_domain(name: str) -> bool:
    try:
        return signing_domain(name) == name
    except UsageError:
        return False
