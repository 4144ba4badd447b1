"""A request: one question to people, as it stands in the database."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

WaitsFor = Literal["moderators", "owners", "listmasters", "person"]
State = Literal[
    "waiting",
    "approved",
    "rejected",
    "discarded",
    "spam",
    "confirmed",
    "expired",
    "withdrawn",
]
How = Literal["mail", "web", "api", "cli", "clock"]

#: The kind of requests that hold a message.
POST = "post"

COLUMNS = """
       request.id, request.kind, request.waits_for, request.state, request.list_id,
       request.domain_id, domain.name AS domain, coalesce(list.name, '') AS list_name,
       request.subject, request.author, request.person, request.detail,
       request.body_id, request.message_id, request.reverse_path, request.size,
       request.spam, request.topics, request.why, request.note, request.trace,
       CASE WHEN request.claimed_until > clock_timestamp()
            THEN request.claimed_by END AS claimed_by,
       CASE WHEN request.claimed_until > clock_timestamp()
            THEN request.claimed_until END AS claimed_until,
       request.created_at, request.reminded_at,
       request.expires_at, request.decided_at, request.decided_by,
       request.decided_how, request.reason
"""
SOURCE = """
  FROM request JOIN domain ON domain.id = request.domain_id
  LEFT JOIN mailing_list AS list ON list.id = request.list_id
"""
_LOAD = f"SELECT {COLUMNS} {SOURCE} WHERE request.id = %s"
_LOCK = f"{_LOAD} FOR UPDATE OF request"
_LOAD_ALL = f"SELECT {COLUMNS} {SOURCE} WHERE request.id = ANY(%s) ORDER BY request.id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; `list_name` is "" where it concerns a domain alone."""

    id: int
    kind: str
    waits_for: WaitsFor
    state: State
    list_id: int | None
    domain_id: int
    domain: str
    list_name: str
    subject: str
    #: Who asked: the author of a post, the sender of a command.
    author: str
    #: Whom it is about: who would be subscribed or removed.
    person: str
    detail: Mapping[str, Any]
    body_id: int | None
    message_id: str | None
    reverse_path: str | None
    size: int | None
    spam: str | None
    topics: Sequence[str]
    why: str
    note: str
    trace: uuid.UUID
    #: Who is at it; None once the claim has run out.
    claimed_by: str | None
    claimed_until: datetime | None
    created_at: datetime
    reminded_at: datetime | None
    expires_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    decided_how: How | None
    reason: str

    @property
    def address(self) -> str:
        """The list's address, or the domain's name."""
        return f"{self.list_name}@{self.domain}" if self.list_id else self.domain

    @property
    def is_spam(self) -> bool:
        """Whether a filter took it for spam; `ham` and `unsure` are not."""
        return self.spam == "spam"

    @property
    def topic_choices(self) -> Sequence[str]:
        """The topics of which its author is to choose, as `name: title`."""
        return tuple(self.detail.get("topic_choices") or ())

    @property
    def what(self) -> str:
        """What it is about, in a few words: a subject, or a command and a person."""
        if self.kind == POST:
            return self.subject
        return self.command

    @property
    def command(self) -> str:
        """The command that was asked for, as people write it."""
        written = self.detail.get("command")
        if written:
            return str(written)
        words = (self.kind.upper(), self.list_name, self.person)
        return " ".join(filter(None, words))


def load(conn: "psycopg.Connection[Any]", request_id: int) -> Request | None:
    """Return a request, or None if it is not there (any more)."""
    return (
        conn.cursor(row_factory=class_row(Request))
        .execute(_LOAD, [request_id])
        .fetchone()
    )


def load_all(
    conn: "psycopg.Connection[Any]", request_ids: Sequence[int]
) -> list[Request]:
    """Return those of these requests that are there, by their numbers."""
    with conn.cursor(row_factory=class_row(Request)) as cursor:
        return cursor.execute(_LOAD_ALL, [list(request_ids)]).fetchall()


def lock(conn: "psycopg.Connection[Any]", request_id: int) -> Request | None:
    """Return a request with its row locked until the transaction ends, or None."""
    return (
        conn.cursor(row_factory=class_row(Request))
        .execute(_LOCK, [request_id])
        .fetchone()
    )
