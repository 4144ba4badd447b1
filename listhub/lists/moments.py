"""Moments as people write them: a day, a day with a time, or with its offset."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from listhub.config.fields import shown
from listhub.errors import UsageError


def read(text: str, *, timezone: str = "UTC") -> datetime:
    """Return the moment in UTC; UsageError for what is none.

    A day is its beginning, and what has no offset is of the time zone.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(timezone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{shown(text)} is no day; write it as 2026-11-30 or 2026-11-30T08:00."
        ) from None
