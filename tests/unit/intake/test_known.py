from listhub.intake.known import RecentlyKnown
from listhub.lists import directory
from listhub.lists.directory import Destination, Known, KnownList

LIST = KnownList(id=7, domain_id=1, closed=False, priority="5")
POST = [directory.read("post@example.org")]
BOUNCE = [directory.read("bounce+123@example.org")]


def remembering(*lists: str, domains: dict[str, int] | None = None) -> RecentlyKnown:
    known = RecentlyKnown()
    found = Known(
        lists=dict.fromkeys(lists, LIST), domains=domains or {"example.org": 1}
    )
    known.remember(found, now=100.0)
    return known


def test_what_exists_is_remembered_for_some_seconds() -> None:
    """A burst to one list asks the database once, and an old answer is not used."""
    known = remembering("post@example.org")
    verdicts = known.recall(POST, now=104.9)
    assert verdicts is not None
    assert isinstance(verdicts[0], Destination)
    assert known.recall(POST, now=105.1) is None


def test_what_does_not_exist_is_never_remembered() -> None:
    """A list that was made this moment gets its mail."""
    known = remembering("other@example.org")
    assert known.recall(POST, now=100.0) is None
    assert known.recall([directory.read("x@example.com")], now=100.0) is None


def test_one_unknown_recipient_asks_for_all() -> None:
    """A question is answered from memory as a whole or not at all."""
    known = remembering("post@example.org")
    both = [*POST, directory.read("new@example.org")]
    assert known.recall(both, now=100.0) is None


def test_bounces_need_only_the_domain() -> None:
    """Every bounce has an address of its own; none is asked for twice."""
    assert remembering().recall(BOUNCE, now=100.0) is not None


def test_memory_does_not_grow_without_end() -> None:
    """More lists than anybody posts to in five seconds are forgotten."""
    known = RecentlyKnown()
    for block in range(60):
        lists = {f"l{block}-{n}@example.org": LIST for n in range(1000)}
        known.remember(Known(lists=lists, domains={"example.org": 1}), now=100.0)
    assert len(known._lists) <= 51_000
