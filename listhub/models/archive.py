"""The archive: each distributed post as it was before the list's own headers."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class ArchiveMessage(Base):
    """One post; the bytes are `body`, found by list, date, sequence or Message-ID."""

    __tablename__ = "archive_message"
    __table_args__ = (
        UniqueConstraint("list_id", "message_id"),
        Index("archive_message_date", "list_id", "sent_at"),
        Index("archive_message_order", "list_id", "sent_at", "id"),
        Index("archive_message_hash", "list_id", "permalink"),
        Index("archive_message_thread", "thread_id"),
        Index("archive_message_author", "list_id", text("lower(author)")),
        Index(
            "archive_message_stem",
            *("list_id", "stem", "sent_at", "permalink"),
            postgresql_where=text("stem <> ''"),
        ),
    )

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE")
    )
    message_id: Mapped[str]
    #: What `Archived-At` ends in: a hash of the Message-ID (RFC 5064).
    permalink: Mapped[str]
    sequence: Mapped[int | None]
    sent_at: Mapped[datetime]
    author: Mapped[str] = mapped_column(server_default=text("''"))
    author_name: Mapped[str] = mapped_column(server_default=text("''"))
    subject: Mapped[str] = mapped_column(server_default=text("''"))
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"), index=True)
    size: Mapped[int] = mapped_column(server_default=text("0"))  #: octets
    attachments: Mapped[int] = mapped_column(server_default=text("0"))
    trace: Mapped[uuid.UUID]
    archived_at: Mapped[Moment]
    #: The smallest id of those it belongs with; None until it was threaded.
    thread_id: Mapped[int | None]
    #: The permalinks of the posts that it names, that of the nearest last.
    refs: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    #: What its subject has in common with those of its answers.
    stem: Mapped[str] = mapped_column(server_default=text("''"))
    #: Whether it is an answer that only its subject tells what to.
    answers: Mapped[bool] = mapped_column(server_default=text("false"))


class ArchiveKey(Base):
    """Which thread a permalink belongs to, of posts that are here or only named."""

    __tablename__ = "archive_key"

    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(index=True)


class ArchiveText(Base):
    """What a search finds a post by; can be made anew from its body at any time."""

    __tablename__ = "archive_text"
    __table_args__ = (
        Index("archive_text_words", "words", postgresql_using="gin"),
        Index("archive_text_order", "list_id", "sent_at", "id"),
        Index("archive_text_newest", "sent_at", "id"),
        {"postgresql_with": {"toast_tuple_target": "128"}},
    )

    id: Mapped[int] = mapped_column(
        # Words take longest: they are written before the lists of posts are locked.
        ForeignKey(
            "archive_message.id",
            ondelete="CASCADE",
            deferrable=True,
            initially="DEFERRED",
        ),
        primary_key=True,
        autoincrement=False,
    )
    list_id: Mapped[int]
    sent_at: Mapped[datetime]
    language: Mapped[str]  #: a text search configuration: english, french, simple
    words: Mapped[str] = mapped_column(TSVECTOR)
    content: Mapped[str]


class ArchiveRemoved(Base):
    """What was taken out and must not come back; the hash names nobody."""

    __tablename__ = "archive_removed"

    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE"), primary_key=True
    )
    permalink: Mapped[str] = mapped_column(primary_key=True)
    removed_at: Mapped[Moment]
