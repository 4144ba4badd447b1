"""Dates and durations as the conditions older and newer write them, in UTC.

    1735689600                       seconds since 1970
    2025y1m31d12h30min15sec          all but the year may be left out
    execution_date                   now
    execution_date-1y2m3w4d5h6min7sec        before or after such a date

A year is 365 days, a month as long as it is in the calendar: as Sympa counts.
"""

import calendar
import re
from datetime import UTC, datetime, timedelta

_PARTS = (
    r"(?:(?P<m>\d{1,6})m(?!in))?{weeks}(?:(?P<d>\d{1,6})d)?(?:(?P<h>\d{1,6})h)?"
    r"(?:(?P<min>\d{1,8})min)?(?:(?P<sec>\d{1,10})sec)?"
)
_DATE = re.compile(r"(?P<y>\d{4})y" + _PARTS.replace("{weeks}", ""), re.IGNORECASE)
_DURATION = re.compile(
    r"(?=\d)(?:(?P<y>\d{1,4})y)?" + _PARTS.replace("{weeks}", r"(?:(?P<w>\d{1,5})w)?"),
    re.IGNORECASE,
)
_EPOCH = re.compile(r"\d{1,12}(?:\.\d{1,9})?")
_SUM = re.compile(r"([^+-]+)([+-])([^+-]+)")
_NOW = ("execution_date", "current_date")


def seconds(text: str, *, now: datetime) -> float:
    """Return a written date as seconds since 1970; ValueError if it is none."""
    bare = "".join(text.split()).lower()
    try:
        if match := _SUM.fullmatch(bare):
            sign = 1 if match[2] == "+" else -1
            return _moved(_date(match[1], now), match[3], sign=sign).timestamp()
        return _date(bare, now).timestamp()
    except (OverflowError, OSError) as error:
        raise ValueError(f"{text!r} is out of range") from error


def _date(text: str, now: datetime) -> datetime:
    if text in _NOW:
        return now
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a date")
    part = {name: int(value or 0) for name, value in match.groupdict().items()}
    return datetime(
        part["y"],
        part["m"] or 1,
        part["d"] or 1,
        part["h"],
        part["min"],
        part["sec"],
        tzinfo=UTC,
    )


def _moved(date: datetime, duration: str, *, sign: int) -> datetime:
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(f"{duration!r} is not a duration")
    part = {name: int(value or 0) for name, value in match.groupdict().items()}
    date = _months(date, sign * part["m"])
    return date + sign * timedelta(
        days=365 * part["y"] + 7 * part["w"] + part["d"],
        hours=part["h"],
        minutes=part["min"],
        seconds=part["sec"],
    )


def _months(date: datetime, count: int) -> datetime:
    year, month = divmod(date.year * 12 + date.month - 1 + count, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    last = calendar.monthrange(year, month + 1)[1]
    return date.replace(year=year, month=month + 1, day=min(date.day, last))
