"""Where scenario files and filters are found: family, list, domain, site, shipped.

`Files` is the port to what a site has of its own; what ListHub brings along comes
last.  `menu` is what an owner chooses from.
"""

import functools
import importlib.resources
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from listhub.policy.grammar import parse
from listhub.policy.syntax import ScenarioError

#: The folders of files, as in Sympa's directories.
SCENARIOS, FILTERS = "scenari", "search_filters"
#: An empty file of this name hides a scenario from menus: send.public:ignore.
IGNORE = ":ignore"

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_SHIPPED = "shipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file: its path, its text, and the level that it comes from."""

    path: str
    content: str
    source: str

    @property
    def label(self) -> str:
        """How people are told of it: the path, and whose it is."""
        return f"{self.path} ({self.source})"


class Files(Protocol):
    """What a site, a domain, a family and a list have of their own."""

    def find(self, path: str) -> Found | None:
        """Return the file of the nearest level: family, list, domain, site."""

    def find_all(self, path: str) -> tuple[Found, ...]:
        """Return the files of all levels, the nearest first."""

    def paths(self, folder: str) -> Iterable[str]:
        """Return the paths of all files of a folder, of any level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """A scenario to choose: its name, its title, and the level that it comes from."""

    name: str
    title: str
    source: str


class NoFiles:
    """A site that has nothing of its own."""

    def find(self, path: str) -> Found | None:  # noqa: ARG002 - the port's signature
        return None

    def find_all(self, path: str) -> tuple[Found, ...]:  # noqa: ARG002
        return ()

    def paths(self, folder: str) -> Iterable[str]:  # noqa: ARG002
        return ()


def scenario_path(operation: str, name: str) -> str:
    """Return the path of a scenario's file."""
    return f"{SCENARIOS}/{operation}.{name}"


def find(files: Files, path: str) -> Found | None:
    """Return a file from the nearest level that has it, the shipped ones last."""
    return files.find(path) or shipped(path)


def menu(files: Files, operation: str, *, language: str = "en") -> list[MenuEntry]:
    """Return the scenarios of an operation that are not hidden, by name."""
    prefix = f"{SCENARIOS}/{operation}."
    known = {*files.paths(SCENARIOS), *shipped_paths()}
    names = (path.removeprefix(prefix) for path in known if path.startswith(prefix))
    entries = (
        _entry(files, f"{prefix}{name}", name, language)
        for name in sorted(names)
        if not name.endswith(IGNORE) and f"{prefix}{name}{IGNORE}" not in known
    )
    return [entry for entry in entries if entry]


def title_of(files: Files, operation: str, name: str, *, language: str = "en") -> str:
    """Return what a scenario is called in a language, its name if it has no title."""
    entry = _entry(files, scenario_path(operation, name), name, language)
    return entry.title if entry else name


def _entry(files: Files, path: str, name: str, language: str) -> MenuEntry | None:
    found = find(files, path)
    if found is None:  # taken away between two looks
        return None
    try:
        title = parse(found.content, file=found.label).title(language)
    except ScenarioError:
        title = "(broken)"
    return MenuEntry(name=name, title=title or name, source=found.source)


@functools.cache
def shipped_paths() -> frozenset[str]:
    """Return the paths of all files that ListHub brings along."""
    folder = importlib.resources.files("listhub.policy") / _SHIPPED
    return frozenset(f"{SCENARIOS}/{file.name}" for file in folder.iterdir())


@functools.cache
def _shipped(path: str) -> Found:
    folder = importlib.resources.files("listhub.policy") / _SHIPPED
    text = (folder / path.removeprefix(f"{SCENARIOS}/")).read_text("utf-8")
    return Found(path=path, content=text, source=_SHIPPED)


def shipped(path: str) -> Found | None:
    """Return a file that ListHub brings along."""
    return _shipped(path) if path in shipped_paths() else None
