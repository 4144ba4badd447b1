"""Two people change the same thing: the second one is told, and decides again."""

from datetime import datetime

from listhub.i18n.text import N_
from listhub.lists.said import SaidError

CHANGED = N_(
    "Nothing was saved: %(by)s has changed this since you opened it. Look at it again."
)


class StaleError(SaidError):
    """What somebody saw is no longer what is there; tells what is, since when, by whom."""

    def __init__(
        self, *, expected: int, version: int, by: str, at: datetime | None
    ) -> None:
        super().__init__(CHANGED, by=by or "-")
        self.expected = expected
        self.version = version
        self.by = by
        self.at = at
