"""Digests: what waits for one, and the issues that went out."""

import uuid

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class DigestIssue(Base):
    """One digest of a list; `slot` names its time, so that it is made once."""

    __tablename__ = "digest_issue"
    __table_args__ = (UniqueConstraint("list_id", "slot"),)

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE")
    )
    number: Mapped[int]
    slot: Mapped[str]
    messages: Mapped[int]
    trace: Mapped[uuid.UUID]
    created_at: Mapped[Moment]


class DigestEntry(Base):
    """A distributed post on its way into a digest; `issue_id` once it is in one."""

    __tablename__ = "digest_entry"
    __table_args__ = (
        UniqueConstraint("list_id", "message_id"),
        Index(
            "digest_entry_waiting",
            "list_id",
            "id",
            postgresql_where=text("issue_id IS NULL"),
        ),
    )

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE")
    )
    issue_id: Mapped[int | None] = mapped_column(
        ForeignKey("digest_issue.id", ondelete="CASCADE"), index=True
    )
    message_id: Mapped[str]
    sequence: Mapped[int]
    head: Mapped[bytes]
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"), index=True)
    body_offset: Mapped[int] = mapped_column(server_default=text("0"))
    author: Mapped[str] = mapped_column(server_default=text("''"))
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    created_at: Mapped[Moment]
