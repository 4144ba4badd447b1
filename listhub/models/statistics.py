"""What was done by the day, and how far reminders have come; nobody is named here."""

import uuid
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Moment

_NONE = text("0")


class ListDay(Base):
    """The figures of one list on one day (UTC), summed up from history before it goes."""

    __tablename__ = "list_day"

    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True, index=True)
    posts: Mapped[int] = mapped_column(server_default=_NONE)
    #: Octets of the posts as they came.
    bytes_in: Mapped[int] = mapped_column(server_default=_NONE)
    #: Copies: taken by a relay, given up, and put off (each time).
    delivered: Mapped[int] = mapped_column(server_default=_NONE)
    failed: Mapped[int] = mapped_column(server_default=_NONE)
    deferred: Mapped[int] = mapped_column(server_default=_NONE)
    #: Members who came and went, and on whose word.
    joined_self: Mapped[int] = mapped_column(server_default=_NONE)
    joined_owner: Mapped[int] = mapped_column(server_default=_NONE)
    joined_source: Mapped[int] = mapped_column(server_default=_NONE)
    left_self: Mapped[int] = mapped_column(server_default=_NONE)
    left_owner: Mapped[int] = mapped_column(server_default=_NONE)
    left_bounces: Mapped[int] = mapped_column(server_default=_NONE)
    left_source: Mapped[int] = mapped_column(server_default=_NONE)
    #: Posts that were held for moderators, and what these decided.
    held: Mapped[int] = mapped_column(server_default=_NONE)
    approved: Mapped[int] = mapped_column(server_default=_NONE)
    rejected: Mapped[int] = mapped_column(server_default=_NONE)


class CountedDay(Base):
    """A day that was summed up for all lists, and when."""

    __tablename__ = "counted_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    counted_at: Mapped[Moment]


class ReminderRound(Base):
    """The members of a list are reminded once in a period, some thousand at a time."""

    __tablename__ = "reminder_round"

    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE"), primary_key=True
    )
    #: The day on which the period began.
    period: Mapped[date] = mapped_column(Date, primary_key=True)
    trace: Mapped[uuid.UUID]
    #: Members up to this person's number have been reminded.
    after: Mapped[int] = mapped_column(server_default=_NONE)
    reminded: Mapped[int] = mapped_column(server_default=_NONE)
    began_at: Mapped[Moment]
    ended_at: Mapped[datetime | None]
