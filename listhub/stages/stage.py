"""What a stage is, and what it is given.

A stage empties one room.  Most need only the database: a `RoomStage` is a function
from an item to a verdict, run inside the transaction that also settles the item.
Sending talks to the network and brings its own loop: a `FlowStage`.
"""

import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import psycopg

from listhub import db
from listhub.config import Settings, verp_key
from listhub.outside.answers import Answers, Ask
from listhub.spool.items import Item, Verdict
from listhub.spool.tally import Tally
from listhub.stages.pools import POOL_OF

Nudge = Callable[[str], None]


def _nobody(_stage: str) -> None:
    """Wake nobody: the pump finds the work."""


def _never() -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Host:
    """The process that works: its settings, whom it wakes, and whether it must stop."""

    settings: Settings
    #: Wakes the pool of a stage after a commit; never raises.
    nudge: Nudge = _nobody
    #: True once this process should finish or give back what it has claimed.
    stopping: Callable[[], bool] = _never
    #: Written on leases and outcomes: who did it.
    name: str = field(default_factory=socket.gethostname)

    #: The flows of this process, opened when first drained.
    flows: "dict[str, Flow]" = field(default_factory=dict, repr=False)
    #: What it has done, for the heartbeat.
    tally: Tally = field(default_factory=Tally, repr=False)
    #: Claimed and not begun; given back at the next drain if the connection breaks.
    unbegun: list[Item] = field(default_factory=list, repr=False)
    _links: "list[psycopg.Connection[Any]]" = field(default_factory=list, repr=False)

    @cached_property
    def verp_key(self) -> bytes:
        return verp_key(self.settings)

    @cached_property
    def answers(self) -> Answers:
        """What this process has asked the outside."""
        return Answers(self.settings)

    def connection(self) -> "psycopg.Connection[Any]":
        """Return this process's connection, opened when needed; TemporaryError if none.

        Kept between drains: opening one costs more than settling a small post.
        """
        if self._links and self._links[0].closed:
            self._links.clear()
        if not self._links:
            self._links.append(db.connect(self.settings.database))
        return self._links[0]

    def away(self, error: Exception) -> bool:
        """Tell whether an error says that the database cannot do the work now."""
        return db.away(self._links[0] if self._links else None, error)

    def close(self) -> None:
        """Close everything that this process keeps."""
        for flow in self.flows.values():
            flow.close()
        self.flows.clear()
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connection, or forget it if it is broken."""
        while self._links:
            self._links.pop().close()


@dataclass(frozen=True, kw_only=True, slots=True)
class StageContext:
    """What a room's handler may use; the transaction belongs to the runner."""

    conn: "psycopg.Connection[Any]"
    host: Host
    #: What the stage's `fetch` brought.
    fetched: Any = None

    @property
    def settings(self) -> Settings:
        return self.host.settings

    @property
    def ask(self) -> Ask:
        """Ask the outside; the runner does the item anew once the answer is there."""
        return self.host.answers.ask


Handler = Callable[[Item, StageContext], Verdict]
BatchHandler = Callable[[Sequence[Item], StageContext], Sequence[Verdict]]
#: Brings what the handler needs from outside, and lets it go once all is settled.
Fetch = Callable[[Item, StageContext], AbstractContextManager[Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomStage:
    """A stage that needs only the database."""

    name: str
    #: One sentence for people: what it does with an item.
    about: str
    handle: Handler
    #: True: a batch is one transaction.  Only for handlers that lock no row which
    #: another item's handler may lock as well, or all of a batch in one order.
    together: bool = False
    #: What handles the items of a batch all at once, each as `handle` does.
    handle_all: BatchHandler | None = None
    #: Runs before the transaction begins: it may take its time, if it renews the lease.
    fetch: Fetch | None = None
    #: How many items one claim takes; none: as the settings say.
    batch: int | None = None

    @property
    def pool(self) -> str:
        """The Celery queue whose workers serve it."""
        return POOL_OF[self.name]


class Flow(Protocol):
    """What a `FlowStage` keeps in a process: connections, a loop, threads."""

    def drain(self, seconds: float) -> int:
        """Work for at most `seconds`; return how many items were settled."""

    def close(self) -> None:
        """Let everything go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowStage:
    """A stage that talks to the network and drains its room in a loop of its own."""

    name: str
    about: str
    #: Makes what sends in this process; it lives on between drains.
    open: Callable[[Host], Flow]

    @property
    def pool(self) -> str:
        """The Celery queue whose workers serve it."""
        return POOL_OF[self.name]


Stage = RoomStage | FlowStage
