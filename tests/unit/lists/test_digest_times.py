"""When a list's digest is due."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from listhub.lists.digest_times import last_slot, zone
from listhub.lists.list_settings import ListSettings

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-11-20T06:59", "2026-11-17T07:00"),  # Friday, a minute early
        ("2026-11-20T07:00", "2026-11-20T07:00"),
        ("2026-11-23T12:00", "2026-11-20T07:00"),  # Monday: Friday was the last
        ("2026-11-24T12:00", "2026-11-24T07:00"),
    ],
)
def test_the_last_day_that_was_due(now: str, slot: str):
    """The newest of the list's days whose time has come."""
    settings = ListSettings(digest_days=("tue", "fri"))
    assert last_slot(settings, at(now)) == at(slot)


def test_once_a_week_is_found_a_week_later():
    """A weekly digest is due until the next one is."""
    settings = ListSettings(digest_days=("fri",))
    assert last_slot(settings, at("2026-11-27T06:59")) == at("2026-11-20T07:00")


def test_the_lists_own_time_zone():
    """Seven in Paris is six in winter and five in summer by UTC."""
    settings = ListSettings(digest_days=DAYS, timezone="Europe/Paris")
    assert last_slot(settings, at("2026-01-10T12:00")) == at("2026-01-10T06:00")
    assert last_slot(settings, at("2026-07-10T12:00")) == at("2026-07-10T05:00")


def test_a_time_that_the_clocks_leave_out():
    """Half past two does not exist on the last Sunday of March: it is half past three."""
    settings = ListSettings(
        digest_days=("sun",), digest_hour=2, digest_minute=30, timezone="Europe/Paris"
    )
    assert last_slot(settings, at("2026-03-29T12:00")) == at("2026-03-29T01:30")


def test_no_days_no_digest():
    """A list without digest days has none by the clock."""
    assert last_slot(ListSettings(), at("2026-11-20T12:00")) is None


def test_an_unknown_zone_is_utc():
    """A zone that this host has no data for does not stop digests."""
    assert zone("Mars/Olympus").key == "UTC"
    assert zone("../../etc/passwd").key == "UTC"


@given(
    # Hypothesis adds the zone to naive bounds.
    now=st.datetimes(
        datetime(2000, 1, 1),  # noqa: DTZ001
        datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    days=st.sets(st.sampled_from(DAYS), min_size=1),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    name=st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata"]),
)
def test_a_slot_is_past_and_not_older_than_a_week(
    now: datetime, days: set[str], hour: int, minute: int, name: str
):
    """Whatever the time, the last slot lies in the week before it."""
    settings = ListSettings(
        digest_days=tuple(days), digest_hour=hour, digest_minute=minute, timezone=name
    )
    slot = last_slot(settings, now)
    assert slot is not None
    assert 0 <= (now - slot).total_seconds() <= 7 * 86400 + 2 * 3600
