"""Replies into classes, by data: `classes.toml` says what a reply means.

The class says whose trouble it is, which decides about bounce scores and retries; the
outcome says whether to try again.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal, Protocol, Self

from listhub.delivery.transaction import Reply

Outcome = Literal["delivered", "deferred", "refused"]


@dataclass(frozen=True, slots=True)
class Classified:
    """What a reply means for the recipient whose it is."""

    outcome: Outcome
    #: A name of classes.toml, "unknown", or "" for what was delivered.
    reply_class: str


class Rng(Protocol):
    """A source of evenly spread numbers, as random.Random is."""

    def random(self) -> float:
        """Return a number of at least 0 and less than 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When to try again: seconds, growing by a factor up to the longest."""

    first: float
    factor: float
    longest: float
    jitter: float

    def delay(self, tries: int, rng: Rng) -> timedelta:
        """Return the wait after the try number `tries` (1 for the first)."""
        # Beyond that many doublings everything is `longest`, and 2.0**1024 overflows.
        steps = min(max(tries, 1) - 1, 64)
        seconds = min(self.first * self.factor**steps, self.longest)
        return timedelta(seconds=seconds * (1 + self.jitter * (2 * rng.random() - 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Class:
    """One entry of the table, compiled."""

    name: str
    outcome: Outcome | None
    enhanced: frozenset[str]
    texts: re.Pattern[str] | None
    vague: frozenset[str]
    codes: frozenset[int]
    retry: Retry

    @classmethod
    def read(cls, entry: Mapping[str, Any], default: Mapping[str, float]) -> Self:
        texts = entry.get("texts", [])
        return cls(
            name=entry["name"],
            outcome=entry.get("outcome"),
            enhanced=frozenset(entry.get("enhanced", [])),
            texts=re.compile("|".join(texts), re.IGNORECASE) if texts else None,
            vague=frozenset(entry.get("vague", [])),
            codes=frozenset(entry.get("codes", [])),
            retry=Retry(**{**default, **entry.get("retry", {})}),
        )


_DELIVERED = Classified("delivered", "")


class Classifier:
    """A table in use; it has no state."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        """Compile a table of the form of classes.toml; raise KeyError or re.error."""
        self._default = Retry(**table["retry"])
        self._classes = tuple(
            _Class.read(entry, table["retry"]) for entry in table["class"]
        )
        self._retries = {entry.name: entry.retry for entry in self._classes}

    @property
    def classes(self) -> tuple[str, ...]:
        """All names of classes that `classify` may give to what was not delivered."""
        return (*self._retries, "unknown")

    def classify(self, reply: Reply) -> Classified:
        """Return the outcome and the class of a reply to RCPT or to the content."""
        if 200 <= reply.code < 300:
            return _DELIVERED
        # RFC 5321 §4.2.1: the first digit decides, not that of the enhanced status;
        # an answer that is neither 4 nor 5 is not understood, and so temporary.
        outcome: Outcome = "refused" if 500 <= reply.code < 600 else "deferred"
        found = self._find(reply)
        if found is None:
            return Classified(outcome, "unknown")
        return Classified(found.outcome or outcome, found.name)

    def next_try(self, reply_class: str, tries: int, rng: Rng) -> timedelta:
        """Return how long to wait after `tries` deferred tries, the last of that class.

        Names that are not in the table wait as "unknown" does.
        """
        return self._retries.get(reply_class, self._default).delay(tries, rng)

    def _find(self, reply: Reply) -> _Class | None:
        full, status = reply.enhanced, reply.enhanced[2:]
        classes = self._classes
        for entry in classes:
            if full in entry.enhanced or status in entry.enhanced:
                return entry
        for entry in classes:
            if entry.texts is not None and entry.texts.search(reply.text):
                return entry
        for entry in classes:
            if status in entry.vague or reply.code in entry.codes:
                return entry
        return None


@cache
def standard() -> Classifier:
    """Return the classifier of the table that comes with ListHub."""
    table = files("listhub.delivery").joinpath("classes.toml").read_text("utf-8")
    return Classifier(tomllib.loads(table))


def classify(reply: Reply) -> Classified:
    """Return the outcome and the class of a reply by the standard table."""
    return standard().classify(reply)


def next_try(reply_class: str, tries: int, rng: Rng) -> timedelta:
    """Return the wait after `tries` tries by the standard table."""
    return standard().next_try(reply_class, tries, rng)
