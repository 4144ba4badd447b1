"""The values of the spool: what is put, what is claimed, and the four verdicts.

put ──▶ ready ──claim──▶ (leased) ──settle──▶ Done    gone; a line in history
          ▲                  │                Retry   deferred until due
          │                  │                Park    waits for a person
          │                  │                Bury    broken; waits for an operator
          └── lease ran out ─┘
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class NewItem:
    """Work to be put into the room of `stage`."""

    stage: str
    trace: uuid.UUID
    list_id: int | None = None
    body_id: int | None = None
    #: Row of the stage's own: a packet, a job run.
    ref: int | None = None
    message_id: str | None = None
    reverse_path: str | None = None
    recipient: str | None = None
    #: 0 (first) to 9.
    priority: int = 5
    #: Priority `z`: waits until an operator releases it.
    held: bool = False
    #: Extra delay of the rank: this item's share of its list (see ranking.py).
    lag: timedelta = timedelta(0)
    meta: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A claimed item with its lease's token; whoever holds the token may settle."""

    id: int
    token: uuid.UUID
    stage: str
    trace: uuid.UUID
    list_id: int | None
    body_id: int | None
    ref: int | None
    message_id: str | None
    reverse_path: str | None
    recipient: str | None
    priority: int
    #: How often it was claimed without being settled, this time included.
    attempts: int
    meta: Mapping[str, object]
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """The work is finished; `note` goes into history, `emit` into other rooms."""

    note: str = ""
    emit: tuple[NewItem, ...] = ()
    #: 'done', or how else it ended: 'refused', 'dropped', 'duplicate'.
    verdict: str = "done"


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry:
    """Not now: due again `after` this long by the database's clock."""

    after: timedelta
    reason: str
    #: A planned retry (a relay said "later") is no sign of poison: attempts restart.
    planned: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Park:
    """Waits for a person's decision, out of the claim's sight."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Bury:
    """Broken: set aside with the reason (a traceback), visible, retried by hand."""

    reason: str


Verdict = Done | Retry | Park | Bury
