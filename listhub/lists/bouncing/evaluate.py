"""Evaluate a list: what its bounces ask for is done, and those in charge are told.

breakers ─▶ answers of probes ─▶ scores ─▶ levels ─▶ actions or new probes ─▶ notices

Under the list's lock and in one transaction: doing it twice, or on two hosts at once,
does it once.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.lists.bouncing import actions, breaker, levels, probes, score, telling
from listhub.lists.bouncing.actions import Locked, Why
from listhub.lists.bouncing.levels import Level
from listhub.lists.bouncing.probes import Answered
from listhub.lists.bouncing.score import NOBODY, Score
from listhub.lists.list_settings import ListSettings
from listhub.lists.notices import place as places
from listhub.lists.notices.notice import Place
from listhub.lists.posting import ListRow, find_list
from listhub.lists.settings import load_list_settings
from listhub.spool.items import NewItem

# Sympa looks weekly: nobody is told every day of what has not changed.
_LATELY = """
SELECT DISTINCT subscription_id FROM bounce_action
 WHERE list_id = %s AND action IN ('none', 'notify') AND undone_at IS NULL
   AND at > now() - interval '7 days'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What was done with a list's bouncing members, and the items to emit."""

    note: str
    items: tuple[NewItem, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Round:
    """One evaluation of one list."""

    conn: "psycopg.Connection[Any]"
    row: ListRow
    settings: ListSettings
    site: Settings
    place: Place
    trace: uuid.UUID
    items: list[NewItem] = field(default_factory=list)
    #: By level and what was done: to whom.
    done: dict[tuple[int, str], list[str]] = field(default_factory=dict)

    def did(self, level: int, what: str, address: str) -> None:
        self.done.setdefault((level, what), []).append(address)


def evaluate(
    conn: "psycopg.Connection[Any]", list_id: int, *, site: Settings, trace: uuid.UUID
) -> Evaluated:
    """Do what the bounces of a list ask for, all in the caller's transaction."""
    row = find_list(conn, list_id)
    place = places.of_list(conn, list_id, settings=site)
    if row is None or place is None or row.status != "open":
        return Evaluated(note="the list is closed")
    actions.lock_list(conn, list_id)
    settings = load_list_settings(conn, list_id)
    now = _Round(
        conn=conn, row=row, settings=settings, site=site, place=place, trace=trace
    )
    opened, items = breaker.watch(
        conn, list_id, settings=settings, site=site, trace=trace
    )
    now.items += items
    for probe in probes.answered(conn, list_id):
        _settle(now, probe)
    scores = score.of_list(conn, list_id, settings=settings)
    _by_level(now, scores)
    now.items += telling.tell(
        conn, settings, now.done, place=place, site=site, trace=trace
    )
    telling.warn(conn, row, settings, scores, place=place, trace=trace)
    return Evaluated(note=_note(now, opened, scores), items=tuple(now.items))


def watch(
    conn: "psycopg.Connection[Any]", list_id: int, *, site: Settings, trace: uuid.UUID
) -> Evaluated:
    """Open the list's breakers, and do nothing else."""
    actions.lock_list(conn, list_id)
    settings = load_list_settings(conn, list_id)
    opened, items = breaker.watch(
        conn, list_id, settings=settings, site=site, trace=trace
    )
    return Evaluated(note=f"{opened} breakers opened", items=items)


def _settle(now: _Round, probe: Answered) -> None:
    """Do what a probe's answer asks for, and close it."""
    member = actions.lock(now.conn, now.row.id, probe.subscription_id)
    if member is None:
        probes.close(now.conn, probe, outcome="unclear")
        return
    if probe.trouble is None:
        # It has arrived, or at least nobody says otherwise.
        probes.close(now.conn, probe, outcome="cleared")
        actions.reset(now.conn, now.row.id, member.id, member.address, why="probe")
        now.did(probe.level, "cleared", member.address)
        return
    wanted = next(
        (each for each in levels.of_list(now.settings) if each.number == probe.level),
        None,
    )
    if wanted is None or not _confirms(wanted, probe.trouble):
        # A full mailbox or a filter says nothing about whether there is a user.
        probes.close(now.conn, probe, outcome="unclear")
        return
    probes.close(now.conn, probe, outcome="confirmed")
    _act(now, member, wanted, Why(why="probe", level=probe.level, score=probe.score))


def _confirms(level: Level, trouble: str) -> bool:
    if level.action == "remove":
        return trouble == NOBODY
    return score.WEIGHTS.get(trouble, 0) > 0


def _by_level(now: _Round, scores: Iterable[Score]) -> None:
    known = levels.of_list(now.settings)
    lately = {row[0] for row in now.conn.execute(_LATELY, [now.row.id])}
    for each in scores:
        level = levels.reached(each, known)
        if level is None:
            continue
        heavy = level.action in {"suspend", "remove"}
        if not heavy and each.subscription_id in lately:
            continue
        if heavy and probes.is_asked(now.conn, each.subscription_id):
            continue
        if member := actions.lock(now.conn, now.row.id, each.subscription_id):
            _begin(now, member, level, each)


def _begin(now: _Round, member: Locked, level: Level, found: Score) -> None:
    """Act on a member, or ask the mailbox itself first."""
    points = found.nobody if level.action == "remove" else found.score
    why = Why(why="bounces", level=level.number, score=points or 0)
    match level.action:
        case "none":
            actions.note(now.conn, now.row.id, member, "none", why)
            now.did(level.number, "none", member.address)
        case "notify":
            actions.note(now.conn, now.row.id, member, "notify", why)
            now.items += telling.notify(
                now.conn, found, place=now.place, site=now.site, trace=now.trace
            )
            now.did(level.number, "notified", member.address)
        case "suspend" if _is_suspended(member):
            pass
        case _ if now.settings.bounce_probe or not found.signed:
            # What bears no token of ours anybody may have written: such reports alone
            # do nothing but ask.
            now.items += probes.start(
                now.conn,
                member,
                why,
                place=now.place,
                days=now.settings.bounce_probe_days,
                site=now.site,
                trace=now.trace,
            )
        case _:
            _act(now, member, level, why)


def _is_suspended(member: Locked) -> bool:
    return bool(member.row["suspended_at"]) and not member.row["suspended_until"]


def _act(now: _Round, member: Locked, level: Level, why: Why) -> None:
    """Suspend or remove a member, as the level says."""
    if level.action == "remove":
        everywhere = now.settings.suppression == "domain"
        actions.remove(now.conn, now.row, member, why, from_domain=everywhere)
        now.did(level.number, "removed", member.address)
    elif level.action == "suspend" and actions.suspend(now.conn, now.row, member, why):
        now.items += telling.suspended(
            now.conn, member.address, place=now.place, site=now.site, trace=now.trace
        )
        now.did(level.number, "suspended", member.address)


def _note(now: _Round, opened: int, scores: list[Score]) -> str:
    parts = [f"{len(scores)} bouncing"]
    parts += [f"{len(who)} {what}" for (_, what), who in sorted(now.done.items())]
    if opened:
        parts.append(f"{opened} breakers opened")
    return ", ".join(parts)
