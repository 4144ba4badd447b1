"""When digests are due: a list's days and time of day, in its own time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from listhub.lists.list_settings import ListSettings

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def zone(name: str) -> ZoneInfo:
    """Return a time zone by name; UTC for one that this host does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def last_slot(settings: ListSettings, now: datetime) -> datetime | None:
    """Return the newest time (UTC) at which a digest was due; None without any days.

    A time of day that a change of clocks leaves out is taken an hour later, one that
    it gives twice is the first of the two (PEP 495).
    """
    here = zone(settings.timezone)
    today = now.astimezone(here).date()
    for back in range(8):
        day = today - timedelta(days=back)
        if _DAYS[day.weekday()] not in settings.digest_days:
            continue
        local = datetime(
            day.year,
            day.month,
            day.day,
            settings.digest_hour,
            settings.digest_minute,
            tzinfo=here,
        )
        slot = local.astimezone(UTC)
        if slot <= now:
            return slot
    return None
