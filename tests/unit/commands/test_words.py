"""The words of SET."""

from datetime import UTC, datetime

import pytest

from listhub.commands import words
from listhub.commands.reply import Refused
from listhub.lists.options import Changes
from listhub.mail.receptions import RECEPTIONS

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def changes(option: str) -> Changes:
    return words.read(option, timezone="Europe/Paris", now=NOW)


def test_every_reception_has_a_word_that_leads_back() -> None:
    """What WHICH and reminders call a reception can be given to SET."""
    for reception in RECEPTIONS:
        assert changes(words.word_for(reception)).reception == reception
    assert changes(words.word_for("each", own_posts=False)).reception == "not_me"


@pytest.mark.parametrize(
    ("option", "wanted"),
    [
        ("mail", Changes(reception="each")),
        ("normal", Changes(reception="each")),
        ("digestplain", Changes(reception="digest_text")),
        ("SUMMARY", Changes(reception="index")),
        ("txt", Changes(reception="text")),
        ("nomail", Changes(reception="none")),
        ("conceal", Changes(concealed=True)),
        ("NOCONCEAL", Changes(concealed=False)),
        ("resume", Changes(suspended=False)),
        ("suspend", Changes(suspended=True, since=NOW)),
        (
            "SUSPEND 2026-12-01 2026-12-24",
            Changes(
                suspended=True,
                since=datetime(2026, 11, 30, 23, 0, tzinfo=UTC),
                until=datetime(2026, 12, 23, 23, 0, tzinfo=UTC),
            ),
        ),
    ],
)
def test_options(option: str, wanted: Changes) -> None:
    """Sympa's words, in any case; days are those of the list's time zone."""
    assert words.OPTION.fullmatch(option)
    assert changes(option) == wanted


@pytest.mark.parametrize("day", ["2026-02-30", "0000-01-01", "0001-01-01"])
def test_days_that_are_none(day: str) -> None:
    """A day that is not in the calendar is refused."""
    with pytest.raises(Refused, match=day):
        changes(f"SUSPEND {day}")
