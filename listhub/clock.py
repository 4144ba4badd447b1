"""Time: aware UTC only. Leases use the database's clock, never this one."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)
