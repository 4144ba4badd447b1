"""Limits: so many at once, then at the pace, and wrong guesses alone count."""

from typing import Any

import psycopg
import pytest

from listhub.lists.accounts import limits
from listhub.lists.accounts.limits import Limit

Driver = psycopg.Connection[Any]
THREE = Limit(name="three", times=3, seconds=3600.0, why="a test")


def pass_time(driver: Driver, seconds: float) -> None:
    driver.execute(
        "UPDATE rate_limit SET whole_at = whole_at - make_interval(secs => %s)",
        [seconds],
    )


def test_so_many_and_no_more(driver: Driver) -> None:
    """The fourth of three waits for one step; others are not concerned."""
    assert [limits.take(driver, (THREE, "ann")) for _ in range(3)] == [0.0] * 3
    assert limits.take(driver, (THREE, "ann")) == pytest.approx(1200, abs=5)
    assert limits.take(driver, (THREE, "bob")) == 0.0


def test_refusals_cost_nothing(driver: Driver) -> None:
    """Who goes on trying while told to wait does not wait longer for it."""
    for _ in range(30):
        limits.take(driver, (THREE, 7))
    pass_time(driver, 1201)
    assert limits.take(driver, (THREE, 7)) == 0.0
    assert limits.take(driver, (THREE, 7)) > 0


def test_whole_again(driver: Driver) -> None:
    """After its time the allowance is whole, and never more than that."""
    for _ in range(3):
        limits.take(driver, (THREE, "ann"))
    pass_time(driver, 1_000_000)
    assert [limits.take(driver, (THREE, "ann")) > 0 for _ in range(4)] == [
        *[False] * 3,
        True,
    ]


def test_who_was_right_is_not_counted(driver: Driver) -> None:
    """Ten right ones in a row leave the allowance whole."""
    for _ in range(10):
        assert limits.take(driver, (THREE, "ann")) == 0.0
        limits.give_back(driver, (THREE, "ann"))
    assert [limits.take(driver, (THREE, "ann")) for _ in range(3)] == [0.0] * 3


def test_first_that_is_used_up_decides(driver: Driver) -> None:
    """Of several limits the first refusal ends the taking."""
    one = Limit(name="one", times=1, seconds=60.0, why="a test")
    assert limits.take(driver, (one, "ann"), (THREE, "net")) == 0.0
    assert limits.take(driver, (one, "ann"), (THREE, "net")) > 0
    row = driver.execute("SELECT count(*) FROM rate_limit").fetchone()
    assert row == (2,)


def test_whole_ones_are_forgotten(driver: Driver) -> None:
    """A row that says nothing any more goes."""
    limits.take(driver, (THREE, "ann"))
    assert limits.forget(driver) == 0
    pass_time(driver, 5000)
    assert limits.forget(driver) == 1
