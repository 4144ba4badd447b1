"""Passwords: tried so often, told to their owner, hashed anew when times change."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher

from listhub.config import Settings
from listhub.lists.accounts import limits, passwords, sessions
from listhub.lists.accounts.guess import WRONG, Guess
from listhub.lists.said import SaidError

Driver = psycopg.Connection[Any]
GOOD = "correct horse battery"


@pytest.fixture
def with_password(driver: Driver, ann: int, settings: Settings) -> int:
    passwords.change(driver, ann, GOOD, settings=settings)
    return ann


def sign_in(driver: Driver, settings: Settings, password: str = GOOD) -> Guess:
    return passwords.sign_in(
        driver, "ann@A.example", password, settings=settings, came_from="192.0.2.1"
    )


def test_right_and_wrong(
    driver: Driver, with_password: int, settings: Settings
) -> None:
    """The one password signs in, in any composition of its letters."""
    assert sign_in(driver, settings) == Guess(person_id=with_password)
    assert sign_in(driver, settings, "correct horse batterz") == WRONG
    passwords.change(driver, with_password, "pässwörter sind lang", settings=settings)
    assert sign_in(driver, settings, "pa\u0308ssw\u00f6rter\u00a0sind lang").right


def test_nobodys_password(driver: Driver, ann: int, settings: Settings) -> None:
    """Who has none, or is not known, gets the answer of a wrong one."""
    assert not passwords.has_one(driver, ann)
    for address in ("ann@a.example", "nobody@a.example", "", "\0", "x" * 9999):
        for password in ("", GOOD, "\ud800", "x" * 99_999):
            guess = passwords.sign_in(driver, address, password, settings=settings)
            assert not guess.right


def test_guessing_ends(driver: Driver, with_password: int, settings: Settings) -> None:
    """After ten wrong ones not even the right one is looked at."""
    for _ in range(limits.PASSWORD_ADDRESS.times):
        assert sign_in(driver, settings, "wrong") == WRONG
    guess = sign_in(driver, settings)
    assert not guess.right
    assert 0 < guess.wait <= 360


def test_right_ones_do_not_count(
    driver: Driver, with_password: int, settings: Settings
) -> None:
    """Signing in often is no guessing."""
    for _ in range(limits.PASSWORD_ADDRESS.times + 2):
        assert sign_in(driver, settings).right


def test_change_ends_other_sessions(
    driver: Driver, ann: int, settings: Settings
) -> None:
    """Whoever was in with the old one is out; the browser that changed it stays."""
    here, there = (
        sessions.make(driver, ann, method="password", settings=settings)
        for _ in range(2)
    )
    passwords.change(driver, ann, GOOD, settings=settings, keep=here)
    assert sessions.find(driver, here, settings=settings) is not None
    assert sessions.find(driver, there, settings=settings) is None


def test_owner_is_told(driver: Driver, with_password: int, settings: Settings) -> None:
    """A new password, and none any more, is mailed to its owner and in the audit."""
    assert passwords.remove(driver, with_password, settings=settings)
    assert not passwords.remove(driver, with_password, settings=settings)
    rows = driver.execute("SELECT head FROM outgoing ORDER BY id").fetchall()
    assert [b"password" in row[0] for row in rows] == [True, True]
    actions = driver.execute("SELECT action FROM audit ORDER BY id").fetchall()
    assert actions == [("password.set",), ("password.remove",)]


def test_weak_ones_change_nothing(
    driver: Driver, with_password: int, settings: Settings
) -> None:
    """A password that is refused leaves the old one."""
    with pytest.raises(SaidError):
        passwords.change(driver, with_password, "ann@a.example", settings=settings)
    assert sign_in(driver, settings).right


def test_site_without_passwords(
    driver: Driver, with_password: int, signing_in: Callable[..., Settings]
) -> None:
    """Where they are switched off none signs in and none is set."""
    off = signing_in(passwords=False)
    assert not sign_in(driver, off).right
    with pytest.raises(SaidError):
        passwords.change(driver, with_password, GOOD, settings=off)


def test_old_parameters_are_renewed(
    driver: Driver, with_password: int, settings: Settings
) -> None:
    """A hash made with other parameters is made anew at the next sign-in."""
    old = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(GOOD)
    driver.execute("UPDATE password SET hash = %s", [old])
    assert sign_in(driver, settings).right
    row = driver.execute("SELECT hash FROM password").fetchone()
    assert row is not None
    assert "m=19456,t=2,p=1" in row[0]
    assert sign_in(driver, settings).right
    driver.execute("UPDATE password SET hash = 'broken'")
    assert sign_in(driver, settings) == WRONG
