"""Read listhub.toml and the environment into Settings, once, at the start.

The order, later wins: the defaults, the file, LISTHUB_SECTION__KEY.  Whatever is
wrong is one sentence: where it stands, which setting, what is allowed.
"""

import dataclasses
import hmac
import os
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

from listhub.config.fields import (
    Spec,
    WrongValueError,
    nearest,
    read_text,
    read_value,
    shown,
    specs,
)
from listhub.config.toml import read_document
from listhub.config.tree import Settings
from listhub.errors import UsageError

DEFAULT_PATH = Path("/etc/listhub/listhub.toml")
PREFIX = "LISTHUB_"

SECTIONS: Mapping[str, type] = types.MappingProxyType(
    {name: cls for name, cls in get_type_hints(Settings).items() if name != "path"}
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Settings, and where each value that is not a default came from, by section.key."""

    settings: Settings
    origins: Mapping[str, str]


def load(
    path: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    default: Path = DEFAULT_PATH,
) -> Settings:
    """Return the settings of this process, or raise UsageError with one sentence.

    The file is `path`, else $LISTHUB_CONFIG, and these must exist; else `default`,
    which need not.
    """
    return load_with_origins(path, environ, default=default).settings


def load_with_origins(
    path: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    default: Path = DEFAULT_PATH,
) -> Loaded:
    """Return the settings as `load` does, and the origin of each value."""
    found = path
    if found is None and environ.get("LISTHUB_CONFIG"):
        found = Path(environ["LISTHUB_CONFIG"])
    if found is None and default.exists():
        found = default
    values: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    origins: dict[str, str] = {}
    if found is not None:
        _take_file(found, values, origins)
    _take_environment(environ, values, origins)
    sections: dict[str, Any] = {
        name: cls(**values[name]) for name, cls in SECTIONS.items()
    }
    return Loaded(settings=Settings(path=found, **sections), origins=origins)


def variable(section: str, key: str) -> str:
    """Return the environment variable that overrides a setting."""
    return f"{PREFIX}{section}__{key}".upper()


def verp_key(settings: Settings) -> bytes:
    """Return the key that signs VERP addresses: site.secret, else the file's text."""
    site = settings.site
    if site.secret:
        return bytes.fromhex(site.secret)
    if not site.secret_file:
        raise UsageError(
            "site.secret is empty; put at least 32 hexadecimal digits there, or name"
            " a file that holds them in site.secret_file."
        )
    spec = specs(SECTIONS["site"])["secret"]
    try:
        text = Path(site.secret_file).read_text("ascii").strip()
        return bytes.fromhex(str(read_value(spec, text or None)))
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
    except ValueError:
        reason = "at least 32 hexadecimal digits must stand in it, and nothing else"
    raise UsageError(
        f"{site.secret_file}, named in site.secret_file, cannot be used: {reason}."
    )


def derived_key(settings: Settings, purpose: str) -> bytes:
    """Return a key of 32 octets for one purpose, made from the key of the site."""
    return hmac.digest(verp_key(settings), f"listhub {purpose}".encode(), "sha256")


def _take_file(
    path: Path, values: dict[str, dict[str, Any]], origins: dict[str, str]
) -> None:
    source = str(path)
    for section, table in read_document(read_file(path), source=source).items():
        if section not in SECTIONS:
            close = nearest(section, SECTIONS)
            raise UsageError(
                f"{source}: {shown(section)} is not a section; did you mean [{close}]?"
            )
        if not isinstance(table, dict):
            raise UsageError(
                f"{source}: {section} is {shown(table)}; a section, [{section}], is"
                " allowed."
            )
        for key, value in table.items():
            spec = _known(section, key, source=source)
            values[section][key] = _read(spec, value, source=source, section=section)
            origins[f"{section}.{key}"] = source


def read_file(path: Path) -> str:
    """Return the text of a file (`-`: standard input), or raise UsageError."""
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file.") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not text in UTF-8.") from None
    except ValueError:  # a NUL in the name
        raise UsageError(f"{shown(str(path))[1:-1]}: is not a file name.") from None


def _known(section: str, key: str, *, source: str) -> Spec:
    known = specs(SECTIONS[section])
    if key not in known:
        raise UsageError(
            f"{source}: {section}.{shown(key)[1:-1]} is not a setting; did you mean"
            f" {section}.{nearest(key, known)}?"
        )
    return known[key]


def _read(spec: Spec, value: object, *, source: str, section: str) -> object:
    try:
        return read_value(spec, value)
    except WrongValueError as wrong:
        name = f"{section}.{spec.name}"
        raise UsageError(wrong.sentence(source=source, name=name)) from None


def _take_environment(
    environ: Mapping[str, str],
    values: dict[str, dict[str, Any]],
    origins: dict[str, str],
) -> None:
    known = {
        variable(section, key): (section, spec)
        for section, cls in SECTIONS.items()
        for key, spec in specs(cls).items()
    }
    for name in environ:
        if not name.startswith(PREFIX) or "__" not in name:
            continue
        if name not in known:
            raise UsageError(
                f"environment: {shown(name)[1:-1]} is not a setting; did you mean"
                f" {nearest(name, known)}?"
            )
        section, spec = known[name]
        try:
            values[section][spec.name] = read_text(spec, environ[name])
        except WrongValueError as wrong:
            raise UsageError(wrong.sentence(source="environment", name=name)) from None
        origins[f"{section}.{spec.name}"] = name
