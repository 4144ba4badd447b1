"""Who may change which setting is asked where settings are written, not on the page."""

from typing import Any

import psycopg
import pytest

from listhub.lists import setting_changes
from listhub.lists.setting_changes import WrongSettingsError
from listhub.lists.setting_rights import Rank
from listhub.lists.settings import Level
from listhub.models import MailingList

Driver = psycopg.Connection[Any]


@pytest.fixture
def level(mailing_list: MailingList) -> Level:
    return Level(scope="list", domain_id=None, list_id=mailing_list.id)


def change(driver: Driver, level: Level, rank: Rank, **values: object) -> int:
    return setting_changes.change(
        driver, level, values, actor="a@a.example", how="api", rank=rank
    ).version


def test_a_rank_changes_what_is_its_own(driver: Driver, level: Level):
    """All or nothing: one reserved setting among others, and none is saved."""
    with pytest.raises(WrongSettingsError) as refused:
        change(driver, level, "owner", subject="x", priority="1", arc=True)
    assert set(refused.value.problems) == {"priority", "arc"}
    assert change(driver, level, "owner", subject="x") == 1
    assert change(driver, level, "listmaster", priority="1") == 2


def test_taking_away_is_a_change(driver: Driver, level: Level):
    """An owner cannot undo what a listmaster has set by resetting it."""
    change(driver, level, "listmaster", priority="1")
    with pytest.raises(WrongSettingsError):
        change(driver, level, "privileged", priority=None)


def test_going_back_is_one_too(driver: Driver, level: Level):
    """Only if nothing that is reserved would be otherwise."""
    change(driver, level, "owner", subject="x", topics=["a"])
    change(driver, level, "owner", subject="y", topics=["a"])
    change(driver, level, "listmaster", priority="1")
    change(driver, level, "owner", subject="z")

    def revert(version: int) -> int:
        return setting_changes.revert(
            driver, level, version, actor="a@a.example", how="api", rank="owner"
        ).version

    with pytest.raises(WrongSettingsError, match="priority"):
        revert(1)
    assert revert(3) == 5
