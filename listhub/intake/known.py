"""Memory of a few seconds of which lists and domains exist.

Only what exists is remembered: a list made a moment ago gets its mail, and one that
was closed a moment ago may get one more.
"""

from collections.abc import Sequence

from listhub.lists import directory
from listhub.lists.directory import Asked, Destination, Known, KnownList, Refusal

#: Seconds; longer would be felt by who closes a list.
_KEPT = 5.0
#: More lists than this in five seconds: forget all rather than grow.
_MOST = 50_000


class RecentlyKnown:
    """Answers from memory where it can; the caller asks the database for the rest."""

    def __init__(self) -> None:
        self._lists: dict[str, tuple[float, KnownList]] = {}
        self._domains: dict[str, tuple[float, int]] = {}

    def recall(
        self, asked: Sequence[Asked], *, now: float
    ) -> list[Destination | Refusal] | None:
        """Return all verdicts, or None if any needs the database; `now` is monotonic."""
        lists: dict[str, KnownList] = {}
        domains: dict[str, int] = {}
        for each in asked:
            domain = self._domains.get(each.domain)
            if domain is None or domain[0] < now:
                return None
            domains[each.domain] = domain[1]
            if each.list_address:
                found = self._lists.get(each.list_address)
                if found is None or found[0] < now:
                    return None
                lists[each.list_address] = found[1]
        known = Known(lists=lists, domains=domains)
        return [directory.judge(each, known) for each in asked]

    def remember(self, known: Known, *, now: float) -> None:
        """Keep what the database said exists."""
        if len(self._lists) + len(self._domains) > _MOST:
            self._lists.clear()
            self._domains.clear()
        until = now + _KEPT
        self._lists.update((key, (until, row)) for key, row in known.lists.items())
        self._domains.update((key, (until, row)) for key, row in known.domains.items())
