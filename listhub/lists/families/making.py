"""Many lists of a family at once, from the lines of a roll, each with its report."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from listhub.config import Settings
from listhub.errors import UsageError
from listhub.lists import catalogue, settings as list_settings
from listhub.lists.catalogue import ListRow
from listhub.lists.families import following, instances, register
from listhub.lists.families.register import Kept
from listhub.lists.families.roll import Line
from listhub.lists.notices import group, place as places
from listhub.lists.notices.administration import LIST_CLOSED_FAMILY, FamilyClosed
from listhub.spool import store

#: What became of a list.
What = Literal["made", "joined", "opened", "changed", "same", "closed", "refused"]

_HERE = """
SELECT list.address
  FROM family_list AS member JOIN mailing_list AS list ON list.id = member.list_id
 WHERE member.family = %s AND list.status <> 'closed' ORDER BY list.address
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one list, with a word about it."""

    address: str
    what: What
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How lists are made: by whom, whether others may join, and whether it is meant."""

    actor: str
    settings: Settings
    adopt: bool = False
    dry_run: bool = False


def make_all(
    conn: "psycopg.Connection[Any]", name: str, lines: Sequence[Line], order: Order
) -> Iterator[Report]:
    """Make, open and change lists of a family, in the caller's transaction.

    A line that cannot be is told, and changes nothing.
    """
    kept = register.use(conn, name, settings=order.settings)
    for line in lines:
        if line.problem:
            yield Report(address=line.address, what="refused", note=line.problem)
            continue
        try:
            with conn.transaction(force_rollback=order.dry_run):
                report = _make(conn, kept, line, order)
        except UsageError as error:
            report = Report(address=line.address, what="refused", note=error.public)
        yield report


def close_others(
    conn: "psycopg.Connection[Any]",
    name: str,
    order: Order,
    *,
    keep: frozenset[str] = frozenset(),
) -> Iterator[Report]:
    """Close the open lists of a family but for those to keep; their owners are told."""
    register.use(conn, name, settings=order.settings)
    for (address,) in conn.execute(_HERE, [name]).fetchall():
        if address not in keep:
            with conn.transaction(force_rollback=order.dry_run):
                _close(conn, name, address, order)
            yield Report(address=address, what="closed")


def _make(
    conn: "psycopg.Connection[Any]", kept: Kept, line: Line, order: Order
) -> Report:
    found = _find(conn, line.address)
    if found is None:
        instances.make(conn, kept, line.address, line.given, actor=order.actor)
        return Report(address=line.address, what="made")
    instance = instances.of_list(conn, found.id)
    if instance is None:
        if not order.adopt:
            raise UsageError("is here already, outside of the family.")
        instances.join(conn, kept, found, line.given, actor=order.actor)
        return Report(address=found.address, what="joined")
    return _change(conn, kept, found, line, order)


def _change(
    conn: "psycopg.Connection[Any]",
    kept: Kept,
    found: ListRow,
    line: Line,
    order: Order,
) -> Report:
    gone = instances.change(conn, kept, found, line.given, actor=order.actor)
    if gone:
        following.tell(conn, found.address, kept.name, gone, settings=order.settings)
    note = "; ".join(filter(None, (_gone(gone), _own(conn, found))))
    what: What = "same" if gone is None else "changed"
    if found.status == "closed":
        catalogue.set_status(conn, found, "open", actor=order.actor)
        what = "opened"
    return Report(address=found.address, what=what, note=note)


def _gone(names: Sequence[str] | None) -> str:
    return f"no longer its own: {', '.join(names)}" if names else ""


def _own(conn: "psycopg.Connection[Any]", found: ListRow) -> str:
    """Say which settings a list has otherwise than its family makes them."""
    levels = list_settings.load_levels(conn, found.id)
    names = sorted(levels["list"].keys() & levels["family"].keys())
    return f"its own: {', '.join(names)}" if names else ""


def _close(
    conn: "psycopg.Connection[Any]", name: str, address: str, order: Order
) -> None:
    found = catalogue.find_list(conn, address)
    catalogue.set_status(conn, found, "closed", actor=order.actor)
    place = places.of_list(conn, found.id, settings=order.settings)
    if place is not None:
        items = group.tell(
            conn,
            LIST_CLOSED_FAMILY,
            FamilyClosed(family=name),
            place=place,
            settings=order.settings,
            trace=uuid.uuid4(),
        )
        store.put(conn, items)


def _find(conn: "psycopg.Connection[Any]", address: str) -> ListRow | None:
    try:
        return catalogue.find_list(conn, address)
    except UsageError:
        return None
