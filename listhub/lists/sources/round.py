"""One round of a role of a list, from reading its sources to telling its owners."""

import uuid
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.lists import audit, posting
from listhub.lists.notices import group, place as places
from listhub.lists.notices.to_listmasters import SYNC_INCLUDE_FAILED, Trouble
from listhub.lists.notices.to_owners import SYNC_STOPPED, StoppedSync
from listhub.lists.posting import ListRow
from listhub.lists.settings import load_list_settings
from listhub.lists.sources import rounds, synchronise
from listhub.lists.sources.fetch import Fetched
from listhub.lists.sources.source import Source, Sync
from listhub.lists.sources.synchronise import Difference
from listhub.spool.items import NewItem

#: Who stands in the audit.
CLOCK = "clock"
#: Listmasters are told of the third failure in a row: one may be a restart.
_TOLD = 3

_ANSWERED = """
UPDATE data_source SET last_error = NULL, last_ok_at = now(), last_rows = %(rows)s,
       last_refused = %(refused)s WHERE id = %(id)s
"""
_FAILED = "UPDATE data_source SET last_error = %(error)s WHERE id = %(id)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round is about; its sources are those that are asked."""

    sync: Sync
    row: ListRow
    sources: tuple[Source, ...]


def begin(conn: "psycopg.Connection[Any]", sync_id: int) -> Round | None:
    """Return what is to be done, or None if the list is gone or closed."""
    sync = rounds.find(conn, sync_id)
    row = posting.find_list(conn, sync.list_id) if sync else None
    if sync is None or row is None or row.status != "open":
        return None
    found = rounds.sources(conn, row.id, sync.role)
    asked = tuple(source for source in found if source.enabled)
    return Round(sync=sync, row=row, sources=asked)


def end(
    conn: "psycopg.Connection[Any]",
    now: Round,
    fetched: Fetched,
    *,
    settings: Settings,
    trace: uuid.UUID,
) -> tuple[str, tuple[NewItem, ...]]:
    """Bring the role in step; return what was done in words, and items to emit."""
    # Somebody may have said meanwhile that many may go.
    sync = rounds.find(conn, now.sync.id) or now.sync
    difference = synchronise.apply(
        conn, sync, fetched, settings=load_list_settings(conn, now.row.id)
    )
    _note_sources(conn, fetched)
    if difference.changed:
        _note_change(conn, now, difference)
    detail = difference.document()
    if difference.stopped:
        rounds.went_wrong(conn, sync, detail, stopped=True)
    elif fetched.failed:
        rounds.went_wrong(conn, sync, detail)
    else:
        rounds.went_well(conn, sync, detail)
    items = _tell(conn, sync, difference, fetched, settings=settings, trace=trace)
    return words(difference, fetched), items


def words(difference: Difference, fetched: Fetched) -> str:
    """Say in a few words what a round did."""
    if difference.stopped:
        return f"stopped: {difference.stopped}"
    failed = "".join(
        f"; {each.source.name} failed: {each.error}" for each in fetched.failed
    )
    return (
        f"{difference.given:,} from sources, {difference.added:,} added,"
        f" {difference.removed:,} removed{failed}"
    )


def _tell(
    conn: "psycopg.Connection[Any]",
    sync: Sync,
    difference: Difference,
    fetched: Fetched,
    *,
    settings: Settings,
    trace: uuid.UUID,
) -> tuple[NewItem, ...]:
    """Tell owners once when a role is stopped, listmasters once when it keeps failing."""
    place = places.of_list(conn, sync.list_id, settings=settings)
    if place is None:
        return ()
    if difference.stopped and sync.state != "stopped":
        stopped = StoppedSync(
            role=sync.role, going=difference.removed, before=difference.before
        )
        return group.tell(
            conn,
            SYNC_STOPPED,
            stopped,
            place=place,
            settings=settings,
            trace=trace,
        )
    if fetched.failed and sync.failures + 1 == _TOLD:
        first = fetched.failed[0]
        trouble = Trouble(
            what=place.list_address, problem=f"{first.source.name}: {first.error}"
        )
        return group.tell(
            conn,
            SYNC_INCLUDE_FAILED,
            trouble,
            place=place,
            settings=settings,
            trace=trace,
        )
    return ()


def _note_sources(conn: "psycopg.Connection[Any]", fetched: Fetched) -> None:
    for result in fetched.results:
        values = {
            "id": result.source.id,
            "rows": result.rows,
            "refused": result.refused,
            "error": result.error,
        }
        conn.execute(_FAILED if result.error else _ANSWERED, values)


def _note_change(
    conn: "psycopg.Connection[Any]", now: Round, difference: Difference
) -> None:
    audit.note(
        conn,
        actor=CLOCK,
        action="source.sync",
        subject=now.row.address,
        list_id=now.row.id,
        detail={"role": now.sync.role, **difference.document()},
    )
