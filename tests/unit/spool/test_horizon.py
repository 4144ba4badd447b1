"""The moving lower bound of a claimer."""

from datetime import UTC, datetime

from listhub.spool.horizon import SHARE, TRUST, Horizon

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = datetime(2026, 1, 2, tzinfo=UTC)


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_starts_where_the_last_claim_ended():
    """A full claim moves the bound to its last rank."""
    horizon = Horizon(Clock())
    assert horizon.bound() is None
    horizon.note(last=FIRST, full=True)
    assert horizon.bound() == FIRST
    horizon.note(last=SECOND, full=True)
    assert horizon.bound() == SECOND


def test_looks_everywhere_once_the_room_looks_empty():
    """After a claim that was not full the next one begins at the start."""
    horizon = Horizon(Clock())
    horizon.bound()
    horizon.note(last=FIRST, full=True)
    horizon.bound()
    horizon.note(last=SECOND, full=False)
    assert horizon.bound() is None


def test_is_trusted_for_a_short_time_only():
    """Better priorities and expired leases are seen after TRUST seconds at most."""
    clock = Clock()
    horizon = Horizon(clock)
    horizon.bound()
    horizon.note(last=FIRST, full=True)
    clock.now += TRUST * 0.9
    assert horizon.bound() == FIRST
    # A claim from the bound does not prolong the trust.
    horizon.note(last=SECOND, full=True)
    clock.now += TRUST * 0.2
    assert horizon.bound() is None


def test_is_trusted_longer_where_looking_is_dear():
    """Looks from the start take no more than their share of the time."""
    clock = Clock()
    horizon = Horizon(clock)
    horizon.bound()
    clock.now += 2.0
    horizon.note(last=FIRST, full=True)
    clock.now += 2.0 / SHARE - 0.1
    assert horizon.bound() == FIRST
    clock.now += 0.2
    assert horizon.bound() is None


def test_says_when_a_look_took_all_there_was() -> None:
    """Only a look from the start that is not full leaves nothing behind."""
    horizon = Horizon(Clock())
    horizon.bound()
    horizon.note(last=FIRST, full=True)
    assert not horizon.exhausted
    horizon.bound()
    horizon.note(last=SECOND, full=False)
    assert not horizon.exhausted
    horizon.bound()
    horizon.note(last=None, full=False)
    assert horizon.exhausted


def test_what_was_given_back_is_looked_for() -> None:
    """It stands below the bound, which is forgotten."""
    horizon = Horizon(Clock())
    horizon.bound()
    horizon.note(last=FIRST, full=True)
    horizon.forget()
    assert horizon.bound() is None
