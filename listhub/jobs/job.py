"""What a job is: a module with a function, a cadence in words, and a scope.

A job of the site is one run a slot.  One of domains or lists is a run for each of them,
so that many of them are many hosts' work, and one that fails is one that fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import psycopg

from listhub.config import Settings

#: Does the work in the caller's transaction; returns what it did in a few words.
Run = Callable[["psycopg.Connection[Any]", Settings], str]
#: The same for one domain or list, by its id.
RunFor = Callable[["psycopg.Connection[Any]", Settings, int], str]

ALL_DOMAINS = "SELECT id, name FROM domain"
OPEN_LISTS = "SELECT id, address AS name FROM mailing_list WHERE status = 'open'"


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Work that is due by the clock, run by whichever host claims it first."""

    name: str
    about: str
    every: timedelta
    run: Run

    @property
    def scope(self) -> str:
        return "site"


@dataclass(frozen=True, kw_only=True, slots=True)
class FanOut:
    """Work that is due by the clock for each of many domains or lists."""

    name: str
    about: str
    every: timedelta
    scope: Literal["domain", "list"]
    #: A query for the id and the name of each that it is due for.
    targets: str
    run: RunFor


AnyJob = Job | FanOut
