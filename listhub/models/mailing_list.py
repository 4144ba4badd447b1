"""A mailing list and the counters that only its own row lock may move."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class MailingList(Base):
    """One list; `address` is name@domain in lower case, the key of every look-up."""

    __tablename__ = "mailing_list"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'closed', 'pending')", name="status"),
        CheckConstraint("address = lower(address)", name="lower_case"),
    )

    id: Mapped[Id]
    domain_id: Mapped[int] = mapped_column(ForeignKey("domain.id"), index=True)
    name: Mapped[str]
    address: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(server_default=text("'open'"))
    #: Number of the last post (X-Sequence).
    sequence: Mapped[int] = mapped_column(server_default=text("0"))
    #: Where this list's share of the sending queue ends (see spool/ranking.py).
    send_clock: Mapped[datetime | None]
    created_at: Mapped[Moment]
    closed_at: Mapped[datetime | None]
    #: The family whose files stand before its own.
    family: Mapped[str | None]
    #: An automatic list that has nobody yet: its next post asks its sources first.
    dormant: Mapped[bool] = mapped_column(server_default=text("false"))
