"""Levels, and which trouble counts for what."""

from datetime import UTC, datetime

import pytest

from listhub.lists.bounce_settings import BounceSettings
from listhub.lists.bouncing import levels
from listhub.lists.bouncing.score import NOBODY, WEIGHTS, Score
from listhub.mail.bounce import classify
from listhub.mail.likeness import WHOLESALE

_DAY = datetime(2026, 11, 20, tzinfo=UTC)


def score(points: int | None, nobody: int = 0) -> Score:
    return Score(
        subscription_id=1,
        address="bob@b.example",
        score=points,
        nobody=nobody,
        reports=1,
        first_at=_DAY,
        last_at=_DAY,
        status="",
        trouble="",
        diagnostic="",
        signed=True,
    )


def test_every_class_counts_for_something_or_is_nobodys_fault() -> None:
    """A class of reports is either weighed, or about the message; never forgotten."""
    classes = {each.name for each in classify.standard().classes}

    assert classes == set(WEIGHTS) | WHOLESALE
    assert not set(WEIGHTS) & WHOLESALE


def test_only_the_class_that_removes_leads_to_removal() -> None:
    """What the reader of reports calls removing is what the score calls nobody."""
    assert classify.standard().removing == {NOBODY}


@pytest.mark.parametrize(
    ("points", "nobody", "level"),
    [
        (None, 0, None),
        (44, 44, None),
        (45, 45, 1),
        (74, 74, 1),
        (75, 75, 2),
        (500, 74, 1),
        (500, 0, 1),
    ],
)
def test_which_level_is_reached(
    points: int | None, nobody: int, level: int | None
) -> None:
    """The highest whose rate the score reaches; for removal, the stricter score."""
    found = levels.reached(score(points, nobody), levels.of_list(BounceSettings()))

    assert (found.number if found else None) == level


def test_suspension_takes_every_trouble() -> None:
    """A mailbox that is full for months may be suspended."""
    settings = BounceSettings(bouncers_level2_action="suspend")
    found = levels.reached(score(80), levels.of_list(settings))

    assert found is not None
    assert found.action == "suspend"
