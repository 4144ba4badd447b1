"""A page: one row of the tables in `listhub/web/pages`."""

from collections.abc import Callable
from dataclasses import dataclass

from listhub.web.door.answer import Answer
from listhub.web.door.asked import FORM
from listhub.web.door.need import OF_LIST, Need
from listhub.web.door.visit import Visit

Work = Callable[[Visit], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A path, who may open it, and its functions.

    `{list}` in the path is a list's address and becomes `visit.list`.  GET (and HEAD)
    never change anything; POST carries a CSRF token.
    """

    path: str
    need: Need
    get: Work | None = None
    post: Work | None = None
    #: Octets of a POST's body.
    most: int = FORM

    def __post_init__(self) -> None:
        if self.need in OF_LIST and "{list}" not in self.path:
            raise ValueError(f"{self.path} needs a list and has none")

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that it answers."""
        return ("GET",) * bool(self.get) + ("POST",) * bool(self.post)
