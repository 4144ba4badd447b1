"""The words of SET: Sympa's, which people know, for our receptions and options."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from listhub.commands.reply import Refused
from listhub.i18n.text import N_
from listhub.lists.options import Changes
from listhub.lists.reception_words import RECEPTIONS, word_for

_MODES = {word: mode for mode, words in RECEPTIONS.items() for word in words}
_VISIBILITY = {"CONCEAL": True, "NOCONCEAL": False}
_DAY = r"\d{4}-\d{2}-\d{2}"

__all__ = ["OPTION", "RECEPTIONS", "read", "word_for"]

#: All that may follow on SET LIST.
OPTION = re.compile(
    rf"(?:{'|'.join([*_MODES, *_VISIBILITY])}|RESUME|SUSPEND(?: {_DAY}(?: {_DAY})?)?)",
    re.IGNORECASE,
)

NO_DAY = N_("“%(day)s” is not a day; write it as 2026-11-30.")


def read(option: str, *, timezone: str, now: datetime) -> Changes:
    """Return what an option asks for; Refused for a day that is not in the calendar."""
    word, *days = option.upper().split()
    if word in _MODES:
        return Changes(reception=_MODES[word])
    if word in _VISIBILITY:
        return Changes(concealed=_VISIBILITY[word])
    if word == "RESUME":
        return Changes(suspended=False)
    first, last = ([_day(day, timezone) for day in days] + [None, None])[:2]
    return Changes(suspended=True, since=first or now, until=last)


def _day(written: str, timezone: str) -> datetime:
    try:
        day = datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(timezone))
        return day.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(NO_DAY, day=written) from None
