"""Levels: which of a list's two levels a score has reached, and what that asks for."""

from dataclasses import dataclass
from typing import Literal

from listhub.lists.bounce_settings import BounceSettings
from listhub.lists.bouncing.actions import Action
from listhub.lists.bouncing.score import Score

Told = Literal["none", "owner", "listmaster"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """From which score on what is done, and who is told."""

    number: int
    rate: int
    action: Action
    told: Told


def of_list(settings: BounceSettings) -> tuple[Level, ...]:
    """Return the levels of a list, the highest first."""
    return (
        Level(
            number=2,
            rate=settings.bouncers_level2_rate,
            action=settings.bouncers_level2_action,
            told=settings.bouncers_level2_notification,
        ),
        Level(
            number=1,
            rate=settings.bouncers_level1_rate,
            action=settings.bouncers_level1_action,
            told=settings.bouncers_level1_notification,
        ),
    )


def reached(score: Score, levels: tuple[Level, ...]) -> Level | None:
    """Return the highest level that a member has reached, if any.

    Removal counts only reports that there is no such user: whose mailbox is full for
    months is on the level below.
    """
    for level in levels:
        points = score.nobody if level.action == "remove" else score.score or 0
        if points >= level.rate:
            return level
    return None
