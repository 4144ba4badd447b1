"""What a source is, and what is known of the rounds of its role."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol, get_args

import psycopg

Role = Literal["member", "owner", "moderator"]
ROLES: tuple[Role, ...] = get_args(Role)


class Found(NamedTuple):
    """Somebody whom a source names, as it writes them."""

    address: str
    name: str = ""


class SourceError(Exception):
    """A source did not answer, or not with people; the text says why, to owners."""


class Reader(Protocol):
    """A source of one kind, its settings checked."""

    def read(self, conn: "psycopg.Connection[Any]") -> Iterator[Found]:
        """Yield everybody; SourceError when that cannot be done.

        What waits for a network does so without a transaction; what needs the database
        uses this connection, and commits.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source of one role of a list."""

    id: int
    list_id: int
    role: Role
    name: str
    kind: str
    #: As stored: what is secret is sealed, or was not yet.
    config: Mapping[str, str] = field(repr=False)
    enabled: bool
    ttl: int  #: seconds
    last_ok_at: datetime | None
    last_rows: int | None
    last_refused: int | None
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """How the rounds of one role of a list go."""

    id: int
    list_id: int
    role: Role
    state: Literal["new", "ok", "failing", "stopped"]
    due_at: datetime
    failures: int
    last_ok_at: datetime | None
    detail: Mapping[str, Any]
    #: So many people may go once.
    approved: int
