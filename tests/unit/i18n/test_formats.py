from datetime import UTC, datetime

import pytest

from listhub.i18n import formats

AT = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


def test_times_are_told_in_the_zone_and_words_of_the_reader() -> None:
    """The same moment is another day in Paris, and says which zone it means."""
    assert formats.moment(AT, "en") == "20 Nov 2026, 23:30 UTC"
    assert (
        formats.moment(AT, "fr", timezone="Europe/Paris") == "21 nov. 2026, 00:30 CET"
    )
    assert formats.day(AT, "fr") == "20 novembre 2026"


@pytest.mark.parametrize("name", ["", "Nowhere/Else", "../../../etc/passwd", "a\0b"])
def test_a_zone_that_is_none_is_utc(name: str) -> None:
    """A wrong setting makes no mail fail."""
    assert formats.moment(AT, "en", timezone=name) == "20 Nov 2026, 23:30 UTC"


@pytest.mark.parametrize(
    ("octets", "english", "french"),
    [
        (0, "0\u00a0bytes", "0\u00a0octets"),
        (999, "999\u00a0bytes", "999\u00a0octets"),
        (5_242_880, "5.2\u00a0MB", "5,2\u00a0Mo"),
        (20_000_000_000, "20\u00a0GB", "20\u00a0Go"),
    ],
)
def test_sizes_are_told_as_people_write_them(
    octets: int, english: str, french: str
) -> None:
    """Rounded, with the unit and the comma of the language."""
    assert formats.size(octets, "en") == english
    assert formats.size(octets, "fr") == french


def test_numbers_have_the_separators_of_the_language() -> None:
    """1,204 or 1 204."""
    assert formats.number(1204, "en") == "1,204"
    assert formats.number(1204, "fr") == "1\u202f204"
