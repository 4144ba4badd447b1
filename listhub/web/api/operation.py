"""An operation: one row of the tables in `listhub/web/api/resources`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_type_hints

from starlette.responses import Response

from listhub.lists.accounts.tokens import Rights
from listhub.web.api.shape import Answer, Body, Query
from listhub.web.door.asked import FORM
from listhub.web.door.need import OF_LIST, Need

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

_NAMES = re.compile(r"\{([a-z_]+)(?::path)?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method and a path, who may, which right of a token it takes, and its function.

    The function takes a `Call` and, each if it wants one, a `Query` and a `Body`, and
    returns an `Answer` or, where `media_type` is given, a response of that type.  What
    it returns is committed, what it raises is rolled back.  GET changes nothing.
    """

    method: Method
    path: str
    #: As OpenAPI and clients made of it call it.
    name: str
    need: Need
    rights: Rights
    function: Callable[..., Answer | Response]
    status: int = 200
    #: Whether If-Match has to say which version was seen.
    guarded: bool = False
    #: Of answers that are no JSON.
    media_type: str = ""
    #: Octets of the body.
    most: int = FORM
    #: What of the path is otherwise in the example.
    example: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.need in OF_LIST and "{list}" not in self.path:
            raise ValueError(f"{self.path} needs a list and has none")
        if self.method == "GET" and self.rights != "read":
            raise ValueError(f"{self.path} only reads")

    @property
    def resource(self) -> str:
        """The module that it stands in, by which the document groups."""
        return self.function.__module__.rpartition(".")[2]

    @property
    def names(self) -> tuple[str, ...]:
        """The {names} of its path."""
        return tuple(_NAMES.findall(self.path))

    @property
    def own(self) -> bool:
        """Whether it is about the person's own affairs, and no place's."""
        return self.need is Need.PERSON and "list" not in self.names

    @property
    def summary(self) -> str:
        """One sentence."""
        return self.about.partition("\n")[0]

    @property
    def about(self) -> str:
        """What its function says of itself."""
        lines = (self.function.__doc__ or "").strip().splitlines()
        return "\n".join(line.strip() for line in lines)

    @property
    def query(self) -> tuple[str, type[Query]] | None:
        """The parameter that takes the fields of the address."""
        return self._parameter(Query)

    @property
    def body(self) -> tuple[str, type[Body]] | None:
        """The parameter that takes the JSON that is sent."""
        return self._parameter(Body)

    @property
    def answer(self) -> type[Answer] | None:
        """What it gives; None: something that is no JSON."""
        found = get_type_hints(self.function).get("return")
        return found if isinstance(found, type) and issubclass(found, Answer) else None

    def _parameter(self, base: type[Any]) -> tuple[str, type[Any]] | None:
        for name, kind in get_type_hints(self.function).items():
            wanted = isinstance(kind, type) and issubclass(kind, base)
            if wanted and name != "return":
                return name, kind
        return None
