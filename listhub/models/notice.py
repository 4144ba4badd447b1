"""What limits and gathers the system's own mail, over all hosts."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class NoticeCount(Base):
    """How many answers an address got on a day, against loops."""

    __tablename__ = "notice_count"

    address_key: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True, server_default=text("''"))
    answers: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class NoticeWaiting(Base):
    """A notice to listmasters, owners or moderators, sent at once or with others."""

    __tablename__ = "notice_waiting"
    __table_args__ = (
        CheckConstraint(
            "audience IN ('listmasters', 'owners', 'moderators')", name="audience"
        ),
        Index("notice_waiting_unsent", "id", postgresql_where=text("sent_at IS NULL")),
    )

    id: Mapped[Id]
    audience: Mapped[str]
    list_id: Mapped[int | None] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE"), index=True
    )
    domain_id: Mapped[int | None] = mapped_column(
        ForeignKey("domain.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    trace: Mapped[uuid.UUID]
    created_at: Mapped[Moment] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
