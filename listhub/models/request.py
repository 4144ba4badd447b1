"""What waits for somebody's decision: held posts, subscriptions, new lists."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class Request(Base):
    """One question to people; the first decision is written here and stands for ever."""

    __tablename__ = "request"
    __table_args__ = (
        CheckConstraint(
            "waits_for IN ('moderators', 'owners', 'listmasters', 'person')",
            name="waits_for",
        ),
        CheckConstraint(
            "state IN ('waiting', 'approved', 'rejected', 'discarded', 'spam',"
            " 'confirmed', 'expired', 'withdrawn')",
            name="state",
        ),
        Index(
            "request_waiting",
            "list_id",
            "kind",
            "created_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "request_expiry", "expires_at", postgresql_where=text("state = 'waiting'")
        ),
        Index(
            "request_decided", "decided_at", postgresql_where=text("state <> 'waiting'")
        ),
        # What people may decide, over all lists, in the order in which it came.
        Index(
            "request_queue",
            "created_at",
            "id",
            postgresql_where=text("state = 'waiting' AND waits_for <> 'person'"),
        ),
        Index("request_author", "list_id", "author_key"),
        Index(
            "request_claimed",
            "list_id",
            postgresql_where=text("state = 'waiting' AND claimed_by IS NOT NULL"),
        ),
        Index("request_undescribed", "id", postgresql_where=text("author_key IS NULL")),
    )

    id: Mapped[Id]
    #: post, subscribe, signoff, add, del, invite, create_list ...
    kind: Mapped[str]
    waits_for: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    list_id: Mapped[int | None] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE"), index=True
    )
    domain_id: Mapped[int] = mapped_column(
        ForeignKey("domain.id", ondelete="CASCADE"), index=True
    )
    #: The subject of a post.
    subject: Mapped[str] = mapped_column(server_default=text("''"))
    #: Who asked: the author of a post, the sender of a command.
    author: Mapped[str] = mapped_column(server_default=text("''"))
    #: Whom it is about: who would be subscribed or removed.
    person: Mapped[str] = mapped_column(server_default=text("''"))
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    body_id: Mapped[int | None] = mapped_column(ForeignKey("body.id"), index=True)
    message_id: Mapped[str | None]
    reverse_path: Mapped[str | None]
    size: Mapped[int | None]
    spam: Mapped[str | None]
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    #: The rule that made it wait, for people to read.
    why: Mapped[str] = mapped_column(server_default=text("''"))
    #: What the deciders wrote to each other.
    note: Mapped[str] = mapped_column(server_default=text("''"))
    trace: Mapped[uuid.UUID] = mapped_column(index=True)
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    created_at: Mapped[Moment]
    expires_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    #: mail, web, api, cli or clock.
    decided_how: Mapped[str | None]
    #: What the author was told.
    reason: Mapped[str] = mapped_column(server_default=text("''"))
    #: What makes requests alike; None in rows that were not looked at yet.
    author_key: Mapped[str | None]
    #: The subject without reply words, tags, case and numbers.
    stem: Mapped[str | None]
    #: The host that handed it to us, or the domain of its reverse-path.
    relay: Mapped[str | None]
    has_attachment: Mapped[bool | None]


class RequestKey(Base):
    """A key that lets its holder answer; only its SHA-256 digest is stored."""

    __tablename__ = "request_key"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    request_id: Mapped[int] = mapped_column(
        ForeignKey("request.id", ondelete="CASCADE"), index=True
    )
    #: What the key is good for: decide, confirm.
    action: Mapped[str]
    #: To whom it was mailed.
    holder: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[Moment]
