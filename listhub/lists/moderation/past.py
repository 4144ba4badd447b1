"""The past: what somebody has done on a list before, and what was done about a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.i18n.text import N_, Text
from listhub.lists.files import DbFiles
from listhub.lists.moderation.outcomes import HOW
from listhub.lists.moderation.request import Request
from listhub.lists.moderation.senders import ALLOWED, BLOCKED
from listhub.mail.address import key
from listhub.policy import filters

#: Events of one request that are told.
_MOST = 200

_SENDER = """
SELECT posted.*, asked.*, least(first_post, first_request) AS first_seen,
       member.created_at AS member_since, member.suspended_at,
       (SELECT count(*) FROM bounce_event
         WHERE subscription_id = member.id AND kind = 'bounce') AS bounces
  FROM (SELECT count(*) AS posts, min(sent_at) AS first_post, max(sent_at) AS last_post
          FROM archive_message
         WHERE list_id = %(list_id)s AND lower(author) = %(key)s) AS posted,
       (SELECT min(created_at) AS first_request,
               count(*) FILTER (WHERE id <> %(id)s) AS held,
               count(*) FILTER (WHERE state = 'waiting' AND id <> %(id)s) AS waiting,
               count(*) FILTER (WHERE state = 'approved') AS approved,
               count(*) FILTER (WHERE state = 'rejected') AS rejected,
               count(*) FILTER (WHERE state = 'discarded') AS discarded,
               count(*) FILTER (WHERE state = 'spam') AS spam,
               count(*) FILTER (WHERE state = 'expired') AS expired
          FROM request
         WHERE list_id = %(list_id)s AND author_key = %(key)s
           AND kind = 'post') AS asked
  LEFT JOIN (SELECT subscription.id, subscription.created_at, suspended_at
               FROM subscription JOIN person ON person.id = person_id
              WHERE list_id = %(list_id)s AND address_key = %(key)s) AS member
       ON true
"""
_AUDITED = """
SELECT at, actor AS who, substr(action, 9) AS deed, detail->>'how' AS how,
       coalesce(detail->>'note', detail->>'reason', '') AS words
  FROM audit
 WHERE detail ? 'request' AND (detail->>'request')::bigint = %(id)s
   AND action LIKE 'request.%%'
 UNION ALL
SELECT coalesce(settled_at, decision.created_at), decided_by,
       CASE outcome WHEN 'pending' THEN 'schedule' WHEN 'undone' THEN 'undo'
                    WHEN 'already' THEN 'late' ELSE 'fail' END, decided_how,
       decision_request.reason
  FROM decision_request JOIN decision ON decision.id = decision_id
 WHERE request_id = %(id)s AND outcome <> 'done'
 ORDER BY 1 LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What a list knows of whoever sent something, without what waits here."""

    address: str
    #: In the archive.
    posts: int
    first_post: datetime | None
    last_post: datetime | None
    #: Posts that waited for moderators as far as they are kept, and what became of them.
    held: int
    waiting: int
    approved: int
    rejected: int
    discarded: int
    spam: int
    expired: int
    first_seen: datetime | None
    #: None: not a member.
    member_since: datetime | None
    suspended_at: datetime | None
    #: Reports of mail that did not reach them from this list.
    bounces: int
    #: A moderator has said that they are always let through, or never.
    allowed: bool
    blocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that was done about a request."""

    at: datetime
    #: "" where it was the system.
    who: str
    #: hold, note, approve, reject, discard, spam, confirm, withdraw, expire, remind,
    #: schedule, undo, late, fail.
    deed: str
    #: mail, web, api, cli, clock, or "" where that is not known.
    how: str
    #: The note, or what the author was told, or why it failed.
    words: str

    @property
    def sentence(self) -> Text:
        """Who did what, and how."""
        how = Text(HOW.get(self.how, N_("system")))
        return Text(_SENTENCES.get(self.deed, _OTHER), who=self.who, how=how)


_OTHER = N_("%(who)s did something about it, by %(how)s.")
_SENTENCES: Mapping[str, str] = {
    "hold": N_("It was held."),
    "remind": N_("Those who may decide were reminded."),
    "note": N_("%(who)s left a note, by %(how)s."),
    "approve": N_("%(who)s approved it, by %(how)s."),
    "reject": N_("%(who)s rejected it, by %(how)s."),
    "discard": N_("%(who)s discarded it, by %(how)s."),
    "spam": N_("%(who)s reported it as spam, by %(how)s."),
    "confirm": N_("%(who)s confirmed it, by %(how)s."),
    "withdraw": N_("%(who)s withdrew it, by %(how)s."),
    "expire": N_("It expired."),
    "schedule": N_("%(who)s is deciding it, by %(how)s."),
    "undo": N_("%(who)s took a decision back, by %(how)s."),
    "late": N_("%(who)s decided it too late, by %(how)s."),
    "fail": N_("A decision of %(who)s could not be carried out, by %(how)s."),
}


def of_sender(conn: "psycopg.Connection[Any]", request: Request) -> Sender | None:
    """Return what the list knows of who asked; None where there is no list."""
    if request.list_id is None:
        return None
    wanted = {
        "list_id": request.list_id,
        "key": key(request.author),
        "id": request.id,
    }
    with conn.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        row = cursor.execute(_SENDER, wanted).fetchone()
    assert row is not None  # noqa: S101 - counts are always there
    del row["first_request"]
    files = DbFiles(conn, list_id=request.list_id, domain_id=request.domain_id)
    files.fetch([ALLOWED, BLOCKED])
    return Sender(
        address=request.author,
        allowed=_names(files, ALLOWED, request.author),
        blocked=_names(files, BLOCKED, request.author),
        **row,
    )


def of_request(conn: "psycopg.Connection[Any]", request: Request) -> tuple[Event, ...]:
    """Return what was done about a request, oldest first: by whom, when and how."""
    wanted = {"id": request.id, "most": _MOST}
    with conn.cursor(row_factory=class_row(_Row)) as cursor:
        rows = cursor.execute(_AUDITED, wanted).fetchall()
    events = [
        Event(at=row.at, who=row.who, deed=row.deed, how=row.how or "", words=row.words)
        for row in rows
    ]
    events.append(_own("hold", request.created_at))
    if request.reminded_at is not None:
        events.append(_own("remind", request.reminded_at))
    return tuple(sorted(events, key=lambda event: event.at))


def _own(deed: str, at: datetime) -> Event:
    return Event(at=at, who="", deed=deed, how="", words="")


def _names(files: DbFiles, path: str, address: str) -> bool:
    found = files.find_all(path)
    return filters.matches([each.content for each in found], [address])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    at: datetime
    who: str
    deed: str
    how: str | None
    words: str
