"""Which passwords are good enough."""

import contextlib

import pytest
from hypothesis import given, strategies as st

from listhub.lists.accounts import passwords
from listhub.lists.said import SaidError

ANN = "ann.marr@uni-example.org"


@pytest.mark.parametrize(
    "good",
    ["correct horse battery", "Zwölf Zeichen", "annual turnip 77", "x9!" * 5 + "ab"],
)
def test_good_ones(good: str) -> None:
    """Length is what counts, not kinds of characters."""
    passwords.check(good, ANN)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("short", passwords.TOO_SHORT),
        ("x" * 501, passwords.TOO_LONG),
        ("ababababababab", passwords.TOO_PLAIN),
        ("ann.marr@uni-example.org", passwords.TOO_LIKE),
        ("Ann.Marr2026", passwords.TOO_LIKE),
        ("marrUNIann1234", passwords.TOO_LIKE),
        ("example.org!!", passwords.TOO_LIKE),
    ],
)
def test_bad_ones(bad: str, why: str) -> None:
    """Short, endless, plain, or one's own address: each has its sentence."""
    with pytest.raises(SaidError) as caught:
        passwords.check(bad, ANN)
    assert caught.value.text.text == why


@given(st.text(), st.text())
def test_nothing_breaks_it(password: str, address: str) -> None:
    """Any text is judged."""
    with contextlib.suppress(SaidError):
        passwords.check(password, address)
