"""Lengths of time as they are typed."""

from datetime import timedelta

import click
import pytest

from listhub.cli.ages import Age


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("10m", 600),
        ("2h", 7200),
        ("1D", 86400),
        (" 5 m ", 300),
    ],
)
def test_what_is_read(typed: str, seconds: int):
    """A number, and one letter for its unit."""
    assert Age().convert(typed, None, None) == timedelta(seconds=seconds)


@pytest.mark.parametrize("typed", ["", "x", "5x", "-5", "1.5h", "٣", "9" * 10, "m"])
def test_what_is_refused(typed: str):
    """Anything else is refused by name, with what is allowed."""
    with pytest.raises(click.BadParameter, match="10m, 2h, 1d"):
        Age().convert(typed, None, None)
