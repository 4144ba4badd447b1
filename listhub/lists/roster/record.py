"""One member's whole record: options, how they came, what changed, why mail comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from psycopg.rows import class_row

from listhub.lists import attributes, options, topics
from listhub.lists.attributes import Attribute
from listhub.lists.bouncing import levels, score
from listhub.lists.bouncing.score import Score
from listhub.lists.list_settings import ListSettings
from listhub.lists.options import Options
from listhub.lists.posting import ListRow
from listhub.lists.topics import Topic
from listhub.mail.address import key, parse_addr_spec

T = TypeVar("T")

#: Changes, reports and actions that are told, the newest of each.
MOST = 20

# A membership and the line of the audit about it are of one transaction, and so of one
# moment: how somebody came is found by that, whoever or whatever it was.
_CAME = """
SELECT at, actor, action, detail FROM audit
 WHERE at = %(since)s AND list_id = %(list_id)s
   AND action IN ('member.add', 'source.sync', 'member.move')
   AND (NOT detail ? 'address' OR detail->>'address' = ANY(%(written)s)
        OR detail->>'after' = ANY(%(written)s))
 ORDER BY id LIMIT 1
"""
_CHANGES = """
SELECT at, actor, action, detail FROM audit
 WHERE detail ? 'address' AND detail->>'address' = ANY(%(written)s)
   AND list_id = %(list_id)s AND action LIKE 'member.%%'
 ORDER BY id DESC LIMIT %(limit)s
"""
_REPORTS = """
SELECT at, source, kind, status, trouble, diagnostic, outgoing_id FROM bounce_event
 WHERE subscription_id = %(id)s AND list_id = %(list_id)s
 ORDER BY at DESC, id DESC LIMIT %(limit)s
"""
_DONE = """
SELECT id, at, action, why, level, score, outcome, undone_at, undone_by
  FROM bounce_action
 WHERE subscription_id = %(id)s AND list_id = %(list_id)s
 ORDER BY at DESC, id DESC LIMIT %(limit)s
"""
_AROUND = """
SELECT subscription.subscribed,
       ARRAY(SELECT source.name FROM inclusion
               JOIN data_source AS source ON source.id = inclusion.source_id
              WHERE inclusion.person_id = subscription.person_id
                AND source.list_id = subscription.list_id AND source.role = 'member'
              ORDER BY source.name),
       EXISTS (SELECT FROM exclusion WHERE list_id = subscription.list_id
                  AND address_key = %(key)s),
       (SELECT why FROM suppression
         WHERE domain_id = %(domain_id)s AND address_key = %(key)s),
       ARRAY(SELECT kind FROM role WHERE list_id = subscription.list_id
                AND person_id = subscription.person_id ORDER BY kind)
  FROM subscription WHERE id = %(id)s
"""

_NOTHING: tuple[Any, ...] = (True, [], False, None, [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that was done to a membership: when, by whom, and how it was put down."""

    at: datetime
    actor: str
    #: member.add, member.set, member.del, member.move or source.sync.
    action: str
    detail: Mapping[str, Any]

    @property
    def how(self) -> str:
        """By mail, web, api, cli or clock; "" where nobody wrote it down."""
        return str(self.detail.get("how") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A copy that came back, or a complaint (`kind`) about one."""

    at: datetime
    #: dsn: a report by mail; smtp: refused while sending; expired: given up.
    source: str
    kind: str
    status: str
    trouble: str
    diagnostic: str
    outgoing_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done because of that; `bouncing.undo.undo` takes it back by its number."""

    id: int
    at: datetime
    action: str
    why: str
    level: int
    score: int
    outcome: str
    undone_at: datetime | None
    undone_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that a list knows of one of its members."""

    options: Options
    #: What may be chosen: by the member, who may not have what owners may set.
    receptions: tuple[str, ...]
    topics: tuple[Topic, ...]
    attributes: tuple[Attribute, ...]
    #: None: it is too long ago to be written down.
    came: Deed | None
    #: The newest first.
    changes: tuple[Deed, ...]
    #: False: only a source gave them, and they go with it.
    subscribed: bool
    #: The names of the sources that give them now.
    sources: tuple[str, ...]
    #: Whether sources must not bring them (back).
    excluded: bool
    #: Why they get no mail of any list of the domain; "" if they do.
    suppressed: str
    #: What else they are on this list: owner, moderator.
    roles: tuple[str, ...]
    #: How bad their bounces are; None without any that count.
    score: Score | None
    #: The level that the score has reached, or 0.
    level: int
    reports: tuple[Report, ...]
    actions: tuple[Done, ...]


def record(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    address: str,
    *,
    settings: ListSettings,
) -> Record | None:
    """Return a member's record, None for who is no member; seven statements."""
    found = options.find(conn, row.id, address)
    if found is None:
        return None
    values = {
        "id": found.id,
        "list_id": row.id,
        "domain_id": row.domain_id,
        "key": key(found.address),
        "since": found.since,
        "written": sorted({found.address, key(found.address)}),
        "limit": MOST,
    }
    around: tuple[Any, ...] = conn.execute(_AROUND, values).fetchone() or _NOTHING
    scores = score.of_list(conn, row.id, settings=settings, subscription_id=found.id)
    reached = levels.reached(scores[0], levels.of_list(settings)) if scores else None
    return Record(
        options=found,
        receptions=options.allowed(settings),
        topics=topics.of_list(settings),
        attributes=attributes.of_list(settings),
        came=next(iter(_all(conn, Deed, _CAME, values)), None),
        changes=_all(conn, Deed, _CHANGES, values),
        subscribed=around[0],
        sources=tuple(around[1]),
        excluded=around[2],
        suppressed=around[3] or "",
        roles=tuple(around[4]),
        score=next(iter(scores), None),
        level=reached.number if reached else 0,
        reports=_all(conn, Report, _REPORTS, values),
        actions=_all(conn, Done, _DONE, values),
    )


def gone(
    conn: "psycopg.Connection[Any]", row: ListRow, address: str
) -> tuple[Deed, ...]:
    """Return what was written down about somebody on this list, member or not."""
    if parse_addr_spec(address.strip()) is None:
        return ()
    written = sorted({address.strip(), key(address)})
    values = {"list_id": row.id, "written": written, "limit": MOST}
    return _all(conn, Deed, _CHANGES, values)


def _all(
    conn: "psycopg.Connection[Any]",
    kind: type[T],
    query: str,
    values: Mapping[str, object],
) -> tuple[T, ...]:
    cursor = conn.cursor(row_factory=class_row(kind))
    return tuple(cursor.execute(query.encode(), values))
