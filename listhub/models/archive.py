"""The archive: each distributed post as it was before the list's own headers."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class ArchiveMessage(Base):
    """One post; the bytes are `body`, found by list, date, sequence or Message-ID."""

    __tablename__ = "archive_message"
    __table_args__ = (
        UniqueConstraint("list_id", "message_id"),
        Index("archive_message_date", "list_id", "sent_at"),
        Index("archive_message_hash", "list_id", "permalink"),
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
    subject: Mapped[str] = mapped_column(server_default=text("''"))
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"), index=True)
    trace: Mapped[uuid.UUID]
    archived_at: Mapped[Moment]
