"""Asking the outside between transactions."""

from dataclasses import dataclass
from typing import Any

import pytest

from listhub.config import Settings
from listhub.outside.answers import Answer, Answers, Unanswered


class Clock:
    """A clock that the test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Word:
    """A question whose answer is its length."""

    text: str
    keep: float = 60.0

    def answer(self, _settings: Settings) -> Answer[int]:
        return Answer(value=len(self.text), keep=self.keep)


class Rolled:
    """Counts rollbacks, as a connection would do them."""

    def __init__(self) -> None:
        self.times = 0

    def rollback(self) -> None:
        self.times += 1


def settled(answers: Answers, conn: Any, work: Any) -> Any:
    return answers.settled(conn, work)


def test_work_is_done_anew_with_the_answer() -> None:
    """Each question rolls back once; then the work goes through."""
    conn, tries = Rolled(), []

    def work(ask: Any) -> int:
        tries.append(1)
        return int(ask(Word("ab")) + ask(Word("abc")))

    assert settled(Answers(Settings()), conn, work) == 5
    assert (conn.times, len(tries)) == (2, 3)


def test_answers_grow_old() -> None:
    """An answer is asked for again after its time, and not before."""
    clock = Clock()
    answers = Answers(Settings(), clock=clock)
    answers.look_up(Word("a"))
    clock.now += 59
    assert answers.ask(Word("a")) == 1
    clock.now += 2
    with pytest.raises(Unanswered):
        answers.ask(Word("a"))


def test_the_memory_is_bounded() -> None:
    """The answer not used for longest goes first."""
    answers = Answers(Settings(), limit=2)
    for text in ("a", "b"):
        answers.look_up(Word(text))
    answers.ask(Word("a"))
    answers.look_up(Word("c"))
    assert answers.ask(Word("a")) == 1
    with pytest.raises(Unanswered):
        answers.ask(Word("b"))


def test_asking_in_a_circle_ends() -> None:
    """Work whose questions never end is given up, not repeated for ever."""
    asked = iter(range(10_000))
    with pytest.raises(RuntimeError):
        settled(Answers(Settings()), Rolled(), lambda ask: ask(Word(str(next(asked)))))
