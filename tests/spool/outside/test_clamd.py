"""Messages are scanned by a server on a real socket that speaks clamd's protocol."""

import time
from pathlib import Path

import pytest

from listhub.config import Settings
from listhub.config.authenticity import Screening
from listhub.outside.answers import Answer, Answers, Unanswered
from listhub.outside.clamd import FAILURE, ClamdVerdict, Scan
from tests.clamd_server import LIMIT, VIRUS, Mood, scanning

INFECTED = Scan(status="infected", words="Test.Virus")


def ask(where: str, raw: bytes, *, timeout: float = 3.0) -> Answer[Scan]:
    rules = Screening(clamd=where, clamd_timeout=timeout)
    return ClamdVerdict.of(raw).answer(Settings(screening=rules))


@pytest.mark.parametrize(
    ("raw", "scan"),
    [
        (b"Subject: x\r\n\r\nBody.\r\n", Scan(status="clean")),
        (b"", Scan(status="clean")),
        (b"x" * 1_000_000 + VIRUS, INFECTED),
        (b"x" * (64 * 1024 - 5) + VIRUS, INFECTED),
    ],
)
def test_verdicts(raw: bytes, scan: Scan, tmp_path: Path) -> None:
    """What is clean is clean, what is not is named, over both kinds of socket."""
    with scanning() as where:
        assert ask(where, raw).value == scan
    with scanning(tmp_path / "clamd.ctl") as where:
        assert ask(where, raw).value == scan


def test_no_scanner_is_not_asked() -> None:
    """Without the setting nothing is scanned, and nobody claims it was."""
    assert ask("", VIRUS).value == Scan(status="not asked")


@pytest.mark.parametrize(
    ("mood", "words"),
    [
        ("silent", "timed out"),
        ("gone", ""),
        ("garbled", "nonsense"),
        ("endless", "xxx"),
    ],
)
def test_a_scanner_that_fails_is_no_verdict(mood: Mood, words: str) -> None:
    """Silence, nonsense and a lost connection are failures, soon asked for again."""
    start = time.monotonic()
    with scanning(mood=mood) as where:
        answer = ask(where, b"Body.", timeout=0.4)

    assert answer.value.status == "failed"
    assert words in answer.value.words
    assert answer.keep == FAILURE
    assert time.monotonic() - start < 3


@pytest.mark.parametrize("where", ["unix:/nowhere/clamd.ctl", "tcp://127.0.0.1:1"])
def test_no_scanner_there(where: str) -> None:
    """A scanner that cannot be reached is a failure that names the place."""
    found = ask(where, b"Body.").value
    assert found.status == "failed"
    assert where in found.words


def test_what_is_too_large_is_a_failure() -> None:
    """Clamd stops reading at its limit; what it said then is told."""
    with scanning() as where:
        found = ask(where, b"x" * (3 * LIMIT)).value
    assert found.status == "failed"


def test_answers_do_not_keep_the_message() -> None:
    """A verdict is known by the digest; the bytes are let go when they were sent."""
    raw = b"Body." + VIRUS
    with scanning() as where:
        answers = Answers(Settings(screening=Screening(clamd=where)))
        question = ClamdVerdict.of(raw)
        with pytest.raises(Unanswered):
            answers.ask(question)
        answers.look_up(question)

    assert question.held == []
    assert answers.ask(ClamdVerdict.of(raw)) == INFECTED
    again = question.answer(Settings(screening=Screening(clamd=where)))
    assert again.value.status == "failed"
