"""Archive a post as its list wants it: in its room, for its time, or not at all."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from listhub import log
from listhub.archive import filing, store
from listhub.config import Settings
from listhub.lists.list_settings import ListSettings
from listhub.lists.notices import group, place as places
from listhub.lists.notices.notice import Notice, Size
from listhub.lists.notices.to_owners import ARC_QUOTA_95, ARC_QUOTA_EXCEEDED, Quota
from listhub.lists.settings import load_list_settings
from listhub.spool.items import Done, NewItem

_log = log.get(__name__)

Conn = psycopg.Connection[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A distributed post on its way to the archive; its bytes are the body."""

    list_id: int
    body_id: int
    raw: bytes
    message_id: str
    sequence: int | None
    received_at: datetime
    trace: uuid.UUID


def archive(conn: Conn, arrival: Arrival, *, settings: Settings) -> Done:
    """File a post, once; what is full or not to be kept is said in the verdict."""
    wanted = load_list_settings(conn, arrival.list_id)
    filed = filing.read(
        arrival.raw,
        list_id=arrival.list_id,
        body_id=arrival.body_id,
        trace=arrival.trace,
        received_at=arrival.received_at,
        sequence=arrival.sequence,
        known_as=arrival.message_id,
    )
    if filed.encrypted and wanted.archive_crypted == "none":
        return Done(verdict="dropped", note="encrypted")
    # Else two at once could both be the last that fits.
    store.lock(conn, arrival.list_id)
    used = store.used(conn, arrival.list_id) if wanted.archive_quota else 0
    limit = wanted.archive_quota * 1000
    if limit and used + filed.size > limit:
        emit = _tell(conn, ARC_QUOTA_EXCEEDED, filed, used, limit, settings=settings)
        return Done(verdict="refused", note="the archive is full", emit=emit)
    if not store.file(conn, filed, language=wanted.language):
        return Done(verdict="duplicate", note=filed.message_id)
    emit = ()
    if limit and _nearly(used, limit) < _nearly(used + filed.size, limit):
        emit = _tell(
            conn, ARC_QUOTA_95, filed, used + filed.size, limit, settings=settings
        )
    purge(conn, arrival.list_id, wanted, now=arrival.received_at)
    return Done(note=filed.message_id, emit=emit)


def purge(conn: Conn, list_id: int, wanted: ListSettings, *, now: datetime) -> int:
    """Take out what is older than the months that the list keeps; return how many."""
    if not wanted.archive_max_months:
        return 0
    than = _first_moment(now, wanted.archive_max_months, wanted.timezone)
    removed = store.remove_older(conn, list_id=list_id, than=than)
    if removed:
        _log.info("archive purged", list_id=list_id, posts=removed)
    return removed


def _first_moment(now: datetime, months: int, timezone: str) -> datetime:
    """Return when the oldest of so many months began, that of `now` the newest."""
    zone = ZoneInfo(timezone)
    here = now.astimezone(zone)
    year, month = divmod(here.year * 12 + here.month - months, 12)
    return datetime(max(year, 1), month + 1, 1, tzinfo=zone).astimezone(UTC)


def _nearly(used: int, limit: int) -> bool:
    return used * 100 >= limit * 95


def _tell(
    conn: Conn,
    notice: Notice[Quota],
    filed: filing.Filing,
    used: int,
    limit: int,
    *,
    settings: Settings,
) -> tuple[NewItem, ...]:
    place = places.of_list(conn, filed.list_id, settings=settings)
    if place is None:
        return ()
    values = Quota(
        used=Size(used), limit=Size(limit), percent=min(100, used * 100 // limit)
    )
    return group.tell(
        conn, notice, values, place=place, settings=settings, trace=filed.trace
    )
