"""The second factor: set up by a first code, each code once, and the way round it."""

import base64
import re
import xml.etree.ElementTree as ET
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from listhub.config import Settings, Site
from listhub.lists import persons
from listhub.lists.accounts import limits, recovery_codes, second_factor
from listhub.lists.accounts.guess import WRONG, Guess
from listhub.lists.said import SaidError

Driver = psycopg.Connection[Any]


class Program:
    """What a person's telephone does: codes by the database's clock."""

    def __init__(self, driver: Driver, secret: str) -> None:
        self._driver = driver
        self._totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # noqa: S303 - what telephones do

    def code(self, ahead: int = 0) -> str:
        ((now,),) = self._driver.execute(
            "SELECT extract(epoch FROM clock_timestamp())::float8"
        ).fetchall()
        return self._totp.generate(now + 30 * ahead).decode()


@pytest.fixture
def program(driver: Driver, ann: int, settings: Settings) -> Program:
    """Return her program, whose first code is still to come."""
    begun = second_factor.begin(driver, ann, settings=settings)
    driver.execute("UPDATE second_factor SET confirmed_at = now()")
    return Program(driver, begun.secret)


def test_setting_up(driver: Driver, ann: int, settings: Settings) -> None:
    """Shown until a code has come; then it counts, and its owner is told."""
    begun = second_factor.begin(driver, ann, settings=settings)
    assert second_factor.begun(driver, ann, settings=settings) == begun
    assert begun.uri.startswith("otpauth://totp/ListHub:Ann%40a.example?")
    assert f"secret={begun.secret}" in begun.uri
    assert not second_factor.state(driver, ann).on
    code = Program(driver, begun.secret).code()
    assert second_factor.verify(driver, ann, code, settings=settings) == WRONG
    assert second_factor.confirm(driver, ann, "000000x", settings=settings) == WRONG
    assert second_factor.confirm(driver, ann, code, settings=settings).right
    assert second_factor.state(driver, ann).on
    assert second_factor.begun(driver, ann, settings=settings) is None
    with pytest.raises(SaidError):
        second_factor.begin(driver, ann, settings=settings)
    assert driver.execute("SELECT count(*) FROM outgoing").fetchone() == (1,)


def test_picture_is_plain(driver: Driver, ann: int, settings: Settings) -> None:
    """An element of SVG without script or style, for a strict policy."""
    picture = second_factor.begin(driver, ann, settings=settings).qr
    assert ET.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314
    assert not re.search(r"style=|<style|<script|on\w+=|href", picture)


def test_each_code_once(
    driver: Driver, ann: int, settings: Settings, program: Program
) -> None:
    """The code of now is taken once, and none of before it afterwards."""
    code = program.code(1)
    assert second_factor.verify(driver, ann, code, settings=settings).right
    assert second_factor.verify(driver, ann, code, settings=settings) == WRONG
    before = program.code(0)
    assert second_factor.verify(driver, ann, before, settings=settings) == WRONG


@pytest.mark.parametrize(("ahead", "right"), [(-5, False), (0, True), (5, False)])
def test_clocks_that_are_off(
    driver: Driver,
    ann: int,
    settings: Settings,
    program: Program,
    ahead: int,
    right: bool,
) -> None:
    """Half a minute is allowed, minutes are not; blanks do not matter."""
    code = program.code(ahead)
    typed = f" {code[:3]} {code[3:]} "
    assert second_factor.verify(driver, ann, typed, settings=settings).right is right


@pytest.mark.parametrize(
    "wrong", ["", "12345", "1234567", "١٢٣٤٥٦", "\ud800", "x" * 999]
)
def test_what_is_no_code(
    driver: Driver, ann: int, settings: Settings, program: Program, wrong: str
) -> None:
    """Anything may be typed there."""
    assert second_factor.verify(driver, ann, wrong, settings=settings) == WRONG


def test_guessing_ends(
    driver: Driver, ann: int, settings: Settings, program: Program
) -> None:
    """After ten wrong ones none is looked at for hours; right ones do not count."""
    assert second_factor.verify(driver, ann, program.code(0), settings=settings).right
    for _ in range(limits.CODE_PERSON.times):
        assert second_factor.verify(driver, ann, "000000", settings=settings) == WRONG
    guess = second_factor.verify(driver, ann, program.code(1), settings=settings)
    assert not guess.right
    assert guess.wait > 3600


def test_secret_is_sealed(
    driver: Driver, ann: int, settings: Settings, program: Program
) -> None:
    """Another key opens nothing, and a row put under another person neither."""
    other = Settings(site=Site(secret="aa" * 16))
    assert second_factor.verify(driver, ann, program.code(0), settings=other) == WRONG
    bob = persons.find_or_make(driver, "bob@b.example")
    driver.execute("UPDATE second_factor SET person_id = %s", [bob])
    assert (
        second_factor.verify(driver, bob, program.code(0), settings=settings) == WRONG
    )


def test_recovery_codes(
    driver: Driver, ann: int, settings: Settings, program: Program
) -> None:
    """Ten, each once, however it is typed; new ones end the old ones."""
    codes = recovery_codes.renew(driver, ann)
    assert len(set(codes)) == 10
    typed = codes[0].replace("-", " ").upper()
    assert second_factor.verify(driver, ann, typed, settings=settings) == Guess(
        person_id=ann
    )
    assert second_factor.verify(driver, ann, codes[0], settings=settings) == WRONG
    assert second_factor.state(driver, ann).recovery_codes == 9
    recovery_codes.renew(driver, ann)
    assert second_factor.verify(driver, ann, codes[1], settings=settings) == WRONG
    bob = persons.find_or_make(driver, "bob@b.example")
    more = recovery_codes.renew(driver, ann)
    assert second_factor.verify(driver, bob, more[0], settings=settings) == WRONG


def test_removal(
    driver: Driver, ann: int, settings: Settings, program: Program
) -> None:
    """It goes with its codes, by its owner or an operator, and its owner is told."""
    recovery_codes.renew(driver, ann)
    assert second_factor.remove(driver, ann, settings=settings, actor="cli:root")
    assert not second_factor.remove(driver, ann, settings=settings)
    state = second_factor.state(driver, ann)
    assert (state.on, state.recovery_codes) == (False, 0)
    row = driver.execute(
        "SELECT actor FROM audit WHERE action = 'second_factor.remove'"
    ).fetchone()
    assert row == ("cli:root",)
