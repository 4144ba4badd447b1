"""Which errors are one cause."""

from hypothesis import given, strategies

from listhub.spool.errors import WORKER_DIED, alike


def test_particulars_do_not_make_another_error() -> None:
    """Numbers, addresses and the traceback differ from mail to mail; the cause does not."""
    first = alike("KeyError: 'ann@a.example' of list 7\n\nTraceback\n  line 3\n")
    assert first == "KeyError: # of list #"
    assert first == alike("KeyError: 'bob@b.example' of list 12\n\nTraceback\n  line 9")
    assert first != alike("ValueError: 'bob@b.example' of list 12")
    assert alike("Its worker died 5 times without settling it.") == WORKER_DIED


@given(strategies.text(max_size=3000))
def test_any_reason_has_one(reason: str) -> None:
    """Whatever an error says, it has a short group, on one line, that is its own group."""
    group = alike(reason)
    assert len(group) <= 200
    assert len(group.splitlines()) <= 1
    assert alike(group) == group
