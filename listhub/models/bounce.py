"""Reports of non-delivery, one append-only row each."""

import uuid

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class BounceEvent(Base):
    """One recipient in one report; the score of later releases is a query over these."""

    __tablename__ = "bounce_event"
    __table_args__ = (
        Index("bounce_event_subscription", "subscription_id", "at"),
        Index("bounce_event_list", "list_id", "at"),
        Index("bounce_event_trace", "trace"),
        Index("bounce_event_at", "at"),
        # A report counts once however often its item is worked on.
        Index("bounce_event_once", "source", "source_id", "address", unique=True),
    )

    id: Mapped[Id]
    list_id: Mapped[int | None] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE")
    )
    #: No foreign key: the evidence outlives the subscription.
    subscription_id: Mapped[int | None]
    address: Mapped[str]
    outgoing_id: Mapped[int | None]
    at: Mapped[Moment]
    #: 'dsn' (a report came by mail), 'smtp' (refused while sending), 'expired'.
    source: Mapped[str]
    #: The spool item or packet that gave the evidence.
    source_id: Mapped[int]
    action: Mapped[str]
    status: Mapped[str]
    diagnostic: Mapped[str]
    body_id: Mapped[int | None] = mapped_column(ForeignKey("body.id"), index=True)
    trace: Mapped[uuid.UUID]
