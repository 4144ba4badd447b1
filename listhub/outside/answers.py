"""Ask the outside without holding a transaction open.

Whoever works inside a transaction asks as if the answer were at hand.  If it is not,
`Unanswered` breaks the work off; the transaction is rolled back, the question is
answered outside of it (DNS, a scanner, a directory), and the work is done anew.  So
the way of a message reads top-down, and no lock is held while a name server thinks.

    work ── ask(question) ──▶ known: goes on
                └─ Unanswered ─▶ rollback ─▶ look_up ─▶ work anew
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import psycopg

from listhub.config import Settings

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

#: Answers kept by one process; the one not used for longest goes first.
LIMIT = 10_000

#: A piece of work that asks more often than this asks in a circle.
MOST_ROUNDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T_co]):
    """What the outside said, and for how many seconds that may be relied on."""

    value: T_co
    keep: float


class Question(Hashable, Protocol[T_co]):
    """A hashable value that knows how to find its own answer."""

    def answer(self, settings: Settings) -> Answer[T_co]:
        """Ask the outside; never raises for what the outside does wrong."""


class Ask(Protocol):
    """What work inside a transaction is given: raises `Unanswered` if it must wait."""

    def __call__(self, question: Question[T]) -> T: ...


class Unanswered(Exception):
    """The work needs an answer first, and is to be done anew with it."""

    def __init__(self, question: Question[object]) -> None:
        super().__init__(f"not answered yet: {question!r}")
        self.question = question


class Answers:
    """The answers that one process knows; not shared between threads."""

    def __init__(
        self,
        settings: Settings,
        *,
        limit: int = LIMIT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._limit = limit
        self._clock = clock
        self._known: OrderedDict[Question[object], tuple[float, Any]] = OrderedDict()

    def ask(self, question: Question[T]) -> T:
        """Return the answer if it is known, else raise `Unanswered`."""
        until, value = self._known.get(question, (0.0, None))
        if until <= self._clock():
            raise Unanswered(question)
        self._known.move_to_end(question)
        found: T = value
        return found

    def look_up(self, question: Question[object]) -> None:
        """Find an answer outside and keep it as long as it says.

        At least for a moment: the work that asked must see it once.
        """
        found = question.answer(self._settings)
        self._known[question] = (self._clock() + max(found.keep, 5.0), found.value)
        self._known.move_to_end(question)
        while len(self._known) > self._limit:
            self._known.popitem(last=False)

    def settled(self, conn: "psycopg.Connection[Any]", work: Callable[[Ask], T]) -> T:
        """Do work that may ask, anew after each answer; the caller commits.

        Whatever the transaction held before is rolled back when a question comes up.
        """
        for _ in range(MOST_ROUNDS):
            try:
                return work(self.ask)
            except Unanswered as waiting:
                conn.rollback()
                self.look_up(waiting.question)
        raise RuntimeError(f"more than {MOST_ROUNDS} questions for one piece of work")
