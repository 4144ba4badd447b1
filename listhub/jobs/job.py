"""What a job is: a module with a function, a cadence in words, and a scope."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings

Run = Callable[["psycopg.Connection[Any]", Settings], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Work that is due by the clock, run by whichever host claims it first."""

    name: str
    about: str
    every: timedelta
    #: Does the work in the caller's transaction; returns what it did in a few words.
    run: Run
