"""What became of an item meanwhile: why an order was not for it, in one sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from listhub.spool.chosen import LEASED, SHOWN_STATE

#: done: as ordered.  already: it was so.  refused: not for this state.  gone: it is not
#: in the spool any more.  busy: it is being settled at this moment.
Outcome = Literal["done", "already", "refused", "gone", "busy"]

Action = Literal["hold", "release", "retry", "exhume", "drop"]

#: Which states an order is for; an item in work besides, if it is forced.
TAKES: Mapping[Action, Sequence[str]] = {
    "hold": ("ready", "deferred", "parked"),
    "release": ("held", "parked"),
    "retry": ("deferred", "buried"),
    "exhume": ("buried",),
    "drop": ("ready", "deferred", "parked", "held", "buried"),
}

# The ends are looked for once for all: a number is in one partition, but in which?
_FACTS = """
WITH asked AS (SELECT unnest(%(items)s::bigint[]) AS id),
there AS (
    SELECT item.id, item.stage, {shown} AS state, item.owner, item.lease_until
      FROM spool_item AS item WHERE item.id = ANY(%(items)s)
), past AS (
    SELECT DISTINCT ON (item_id) item_id, stage, verdict, note, settled_at
      FROM spool_history WHERE item_id = ANY(%(items)s)
     ORDER BY item_id, settled_at DESC
), deed AS (
    SELECT DISTINCT ON (object) object, actor, action, at
      FROM audit WHERE object = ANY(%(objects)s) AND action LIKE 'spool.%%'
     ORDER BY object, id DESC
)
SELECT asked.id AS item, coalesce(there.stage, past.stage, '') AS stage, there.state,
       there.owner, there.lease_until, past.verdict, past.note,
       past.settled_at AS ended_at, deed.actor, deed.action, deed.at
  FROM asked
  LEFT JOIN there ON there.id = asked.id
  LEFT JOIN past ON past.item_id = asked.id
  LEFT JOIN deed ON deed.object = 'item ' || asked.id
"""

#: Which order is for a state.
_BETTER = {
    "held": "release",
    "parked": "release",
    "deferred": "retry",
    "buried": "retry",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What an order came to for one item; not `changed`: the sentence says why."""

    item: int
    changed: bool
    sentence: str
    outcome: Outcome = "done"
    stage: str = ""
    #: The state before the change, or as it is; None: it is not in the spool.
    state: str | None = None
    #: Who did what to it last, and when, if anybody did.
    by: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """An item as it is by now, how it ended, and who did what to it last."""

    item: int
    stage: str
    #: None: it is not in the spool.
    state: str | None
    owner: str | None
    lease_until: datetime | None
    verdict: str | None
    note: str | None
    ended_at: datetime | None
    actor: str | None
    action: str | None
    at: datetime | None


def facts(conn: "psycopg.Connection[Any]", items: Sequence[int]) -> dict[int, Facts]:
    """Return what is known of these items, by number; one statement."""
    query = sql.SQL(_FACTS).format(shown=sql.SQL(SHOWN_STATE))
    objects = [f"item {number}" for number in items]
    with conn.cursor(row_factory=class_row(Facts)) as cursor:
        rows = cursor.execute(query, {"items": list(items), "objects": objects})
        return {row.item: row for row in rows}


def explain(
    action: Action, item: int, found: Facts | None, *, expected: str | None = None
) -> Change:
    """Return why an order did not change an item."""
    if found is None or found.state is None:
        return _gone(action, item, found)
    outcome, sentence = _said(action, found, expected)
    return Change(
        item=item,
        changed=False,
        outcome=outcome,
        sentence=sentence,
        stage=found.stage,
        state=found.state,
        by=found.actor,
        at=found.at,
    )


def _said(action: Action, found: Facts, expected: str | None) -> tuple[Outcome, str]:
    """Return the outcome for an item that is in the spool, and its sentence."""
    item, state = found.item, found.state or ""
    ready = state in {"ready", LEASED}
    if (action == "hold" and state == "held") or (
        action in {"release", "retry", "exhume"} and ready
    ):
        return "already", f"Item {item} is {_called(state)} already{_who(found)}."
    if state == LEASED:
        return "refused", in_work(item, found.owner, found.lease_until)
    if expected is not None and state != expected:
        was = f"Item {item} is {state} by now and not {_called(expected)} any more"
        return "refused", f"{was}{_who(found)}; look at it again."
    if state in TAKES[action]:
        return "busy", f"Item {item} is being settled at this moment; try again."
    if action == "hold":
        nobody = "nobody works on it until it is retried"
        return "refused", f"Item {item} is {state}: {nobody}."
    return "refused", f"Item {item} is {state}; use `listhub spool {_BETTER[state]}`."


def _gone(action: Action, item: int, found: Facts | None) -> Change:
    if found is None or found.ended_at is None:
        return Change(
            item=item,
            changed=False,
            outcome="gone",
            sentence=f"There is no item {item} in the spool.",
        )
    dropped = action == "drop" and found.verdict == "dropped"
    note = f" ({found.note})" if found.note else ""
    return Change(
        item=item,
        changed=False,
        outcome="already" if dropped else "gone",
        sentence=f"Item {item} was dropped already, {moment(found.ended_at)}:"
        f" {found.note}."
        if dropped
        else f"Item {item} is not in the spool any more: it ended"
        f" {moment(found.ended_at)} as {found.verdict}{note}.",
        stage=found.stage,
        by=found.actor,
        at=found.ended_at,
    )


def _called(state: str) -> str:
    return "in work" if state == LEASED else state


def _who(found: Facts) -> str:
    if found.actor is None or found.at is None:
        return ""
    action = (found.action or "").removeprefix("spool.")
    return f" ({action} by {found.actor}, {moment(found.at)})"


def in_work(item: int, owner: str | None, lease_until: datetime | None) -> str:
    """Return the sentence on an item that a worker is at."""
    until = f" until {lease_until:%H:%M:%S}" if lease_until else ""
    return (
        f"Item {item} is being worked on by {owner} (lease{until}); try again, or take"
        " it away by force."
    )


def one_or_many(items: Sequence[int]) -> str:
    """Return "Item 5 is" or "One of the 30 items is"."""
    if len(items) == 1:
        return f"Item {items[0]} is"
    return f"One of the {len(items):,} items is"


def moment(when: datetime) -> str:
    """Return a moment for a sentence."""
    return f"{when:%Y-%m-%d %H:%M:%S %Z}"
