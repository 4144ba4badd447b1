"""Archive a post as its list wants it: in its room, for its time, or not at all."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from listhub import log
from listhub.archive import filing, store
from listhub.archive.filing import Filing
from listhub.config import Settings
from listhub.lists.list_settings import ListSettings
from listhub.lists.notices import group, place as places
from listhub.lists.notices.notice import Notice, Size
from listhub.lists.notices.to_owners import ARC_QUOTA_95, ARC_QUOTA_EXCEEDED, Quota
from listhub.lists.settings import load_settings_of
from listhub.spool import bodies
from listhub.spool.items import Done, NewItem

_log = log.get(__name__)

Conn = psycopg.Connection[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A distributed post on its way to the archive; its bytes are the body."""

    list_id: int
    body_id: int
    message_id: str
    sequence: int | None
    received_at: datetime
    trace: uuid.UUID


def archive(
    conn: Conn, arrivals: Sequence[Arrival], *, settings: Settings
) -> list[Done]:
    """File posts of any lists, each once; what is full or not to be kept says so.

    LookupError if a body is gone, PermanentError if a list is.
    """
    wanted = load_settings_of(conn, {each.list_id for each in arrivals})
    filings = _read(conn, arrivals, wanted)
    # Else two at once could both be the last that fits.
    store.lock(conn, {number for number, its in wanted.items() if its.archive_quota})
    ended: dict[int, Done] = {}
    for place, filed in enumerate(filings):
        its = wanted[filed.list_id]
        if filed.encrypted and its.archive_crypted == "none":
            ended[place] = Done(verdict="dropped", note="encrypted")
        elif its.archive_quota:
            limit = its.archive_quota * 1000
            ended[place] = _file_if_it_fits(conn, filed, limit, settings=settings)
    others = [place for place in range(len(filings)) if place not in ended]
    numbers = store.file_many(conn, [filings[place] for place in others])
    for place, number in zip(others, numbers, strict=True):
        ended[place] = _done(filings[place], new=number is not None)
    for list_id, its in wanted.items():
        purge(conn, list_id, its, now=max(each.received_at for each in arrivals))
    return [ended[place] for place in range(len(filings))]


def _read(
    conn: Conn, arrivals: Sequence[Arrival], wanted: Mapping[int, ListSettings]
) -> list[Filing]:
    """Read what is archived of each; no body stays in memory."""
    places: dict[int, list[int]] = {}
    for place, arrival in enumerate(arrivals):
        places.setdefault(arrival.body_id, []).append(place)
    found: dict[int, Filing] = {}
    for body_id, raw in bodies.each(conn, places):
        for place in places[body_id]:
            arrival = arrivals[place]
            found[place] = filing.read(
                raw,
                list_id=arrival.list_id,
                body_id=body_id,
                trace=arrival.trace,
                received_at=arrival.received_at,
                sequence=arrival.sequence,
                known_as=arrival.message_id,
                language=wanted[arrival.list_id].language,
            )
    return [found[place] for place in range(len(arrivals))]


def _file_if_it_fits(
    conn: Conn, filed: Filing, limit: int, *, settings: Settings
) -> Done:
    """File a post in an archive of at most so many octets; its list is locked."""
    used = store.used(conn, filed.list_id)
    if used + filed.size > limit:
        emit = _tell(conn, ARC_QUOTA_EXCEEDED, filed, used, limit, settings=settings)
        return Done(verdict="refused", note="the archive is full", emit=emit)
    done = _done(filed, new=store.file(conn, filed))
    if done.verdict == "done" and _nearly(used, limit) < _nearly(
        used + filed.size, limit
    ):
        used += filed.size
        emit = _tell(conn, ARC_QUOTA_95, filed, used, limit, settings=settings)
        return replace(done, emit=emit)
    return done


def _done(filed: Filing, *, new: bool) -> Done:
    return Done(verdict="done" if new else "duplicate", note=filed.message_id)


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
    filed: Filing,
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
