"""Times, numbers and sizes as people of a language write them."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from babel import dates, numbers

from listhub.i18n.languages import best_language

_UNITS = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))
_UNIT_NAMES = {
    "en": {"B": "bytes"},
    "fr": {"B": "octets", "kB": "ko", "MB": "Mo", "GB": "Go"},
}
_COLONS = {"fr": "\u00a0:"}


def zone(name: str) -> tzinfo:
    """Return the time zone of that name; UTC for any that is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return UTC


def moment(at: datetime, language: str, *, timezone: str = "UTC") -> str:
    """Return a time as text, with its zone, such as `20 Nov 2026, 10:00 UTC`."""
    where = zone(timezone)
    local = at.astimezone(where)
    day = dates.format_date(local, "d MMM y", locale=best_language(language))
    return f"{day}, {local:%H:%M} {local.tzname() or 'UTC'}"


def day(at: datetime, language: str, *, timezone: str = "UTC") -> str:
    """Return a day as text, such as `20 November 2026`."""
    local = at.astimezone(zone(timezone))
    return dates.format_date(local, "d MMMM y", locale=best_language(language))


def month(name: str, language: str) -> str:
    """Return a month such as 2026-11 as text: `November 2026`; ValueError for none."""
    first = datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC)
    return dates.format_skeleton("yMMMM", first, locale=best_language(language))


def number(value: float, language: str) -> str:
    """Return a number as text, with the separators of the language."""
    return numbers.format_decimal(value, locale=best_language(language))


def size(octets: int, language: str) -> str:
    """Return a size in bytes as text, such as `1.2 MB` or `1,2 Mo`."""
    language = best_language(language)
    name, value = "B", float(octets)
    for unit, factor in _UNITS:
        if octets >= factor:
            name, value = unit, round(octets / factor, 1)
            break
    named = _UNIT_NAMES[language].get(name, name)
    return f"{number(value, language)}\u00a0{named}"


def span(seconds: float, language: str) -> str:
    """Return a span of time in its largest unit, such as `3 days`."""
    return dates.format_timedelta(
        timedelta(seconds=seconds), locale=best_language(language), threshold=1.5
    )


def colon(language: str) -> str:
    """Return what stands between a label and its value."""
    return _COLONS.get(best_language(language), ":")
