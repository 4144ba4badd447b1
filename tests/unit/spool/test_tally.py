"""What a process counts between two heartbeats."""

from listhub.spool.tally import DELIVERED, SETTLED, Tally


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_is_taken_is_counted_once() -> None:
    """Each count goes out with one beat; what could not be written goes with the next."""
    tally = Tally()
    tally.count("send", SETTLED)
    tally.count("send", DELIVERED, 25)
    tally.count("send", SETTLED)
    taken = tally.take()
    assert taken == {("send", SETTLED): 2, ("send", DELIVERED): 25}
    assert tally.take() == {}

    tally.count("send", SETTLED)
    tally.add(taken)
    assert tally.take() == {("send", SETTLED): 3, ("send", DELIVERED): 25}


def test_the_room_that_is_being_emptied() -> None:
    """A process says in which room it is and for how long, and nothing between rooms."""
    clock = Clock()
    tally = Tally(clock)
    assert tally.working() is None
    tally.begin("archive")
    clock.now += 7
    assert tally.working() == ("archive", 7)
    tally.end()
    assert tally.working() is None
