"""Failures into classes, by data: `classes.toml` says what a status and a text mean.

The class says whose trouble it is.  Only classes that `removes` names are evidence that
an address is gone; all others are about us, the message or the way there.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Self

UNKNOWN = "unknown"

_LONGEST_TEXT = 600  # characters; what is wrong stands at the start
#: What stands in a diagnostic without saying why: `<spam@example.org>`, `host
#: mx.blocked.example[192.0.2.1] said:`, `mx.dkim.example`.
_DISTRACTIONS = re.compile(
    r"https?:[^\s<>]{1,300}"
    r"|[^\s<>()\[\]\"',;:=]{1,64}@[^\s<>()\[\]\"',;:]{1,255}"
    r"|\bhost [^\s:]{1,255}(?: \([^()\s]{0,64}\))? s(?:aid|ays):"
    r"|\b(?:[a-z0-9_-]{1,63}\.){2,8}[a-z][a-z0-9-]{1,62}\b(?:\[[0-9a-f.:]{0,64}\])?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureClass:
    """What may be wrong: its name, a sentence, and whether it may cost a membership."""

    name: str
    about: str
    removes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table: what must match (None is anything), and why it is there."""

    failure_class: str
    status: re.Pattern[str] | None
    text: re.Pattern[str] | None
    why: str

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Self:
        """Compile a row; raise KeyError or re.error where it is wrong."""
        statuses, texts = entry.get("status"), entry.get("text")
        return cls(
            failure_class=entry["class"],
            status=re.compile("|".join(map(translate, statuses))) if statuses else None,
            text=re.compile("|".join(texts), re.IGNORECASE) if texts else None,
            why=entry["why"],
        )

    def matches(self, status: str, text: str) -> bool:
        """Say whether both the status and the text are what this row wants."""
        if self.status is not None and not self.status.match(status):
            return False
        return self.text is None or self.text.search(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The classes, and the rules in their order."""

    classes: tuple[FailureClass, ...]
    rules: tuple[Rule, ...]

    @property
    def removing(self) -> frozenset[str]:
        """The classes that are evidence of an address that is gone."""
        return frozenset(each.name for each in self.classes if each.removes)

    def find(self, status: str, text: str) -> Rule | None:
        """Return the first rule that matches, None if none does."""
        told = _telling(text)
        return next((rule for rule in self.rules if rule.matches(status, told)), None)


@cache
def standard() -> Table:
    """Return the table that comes with ListHub."""
    source = files("listhub.mail.bounce").joinpath("classes.toml").read_text("utf-8")
    table = tomllib.loads(source)
    return Table(
        classes=tuple(FailureClass(**entry) for entry in table["class"]),
        rules=tuple(map(Rule.read, table["rule"])),
    )


def classify(status: str, diagnostic: str) -> str:
    """Return the class of a failure by its enhanced status ("" if none) and its text."""
    return _decided(status, _telling(diagnostic))


def leads_to_removal(failure_class: str) -> bool:
    """Say whether failures of this class are evidence that the address is gone."""
    return failure_class in standard().removing


def _telling(text: str) -> str:
    return _DISTRACTIONS.sub(" ", text[:_LONGEST_TEXT])


@lru_cache(maxsize=512)
def _decided(status: str, told: str) -> str:
    """Look it up once: in a flood, most texts differ in addresses alone."""
    rule = standard().find(status, told)
    return rule.failure_class if rule else UNKNOWN
