"""Reports of non-delivery, append-only, and what was done because of them."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class BounceEvent(Base):
    """One recipient in one report; the score is a query over these."""

    __tablename__ = "bounce_event"
    __table_args__ = (
        Index("bounce_event_subscription", "subscription_id", "at"),
        Index("bounce_event_list", "list_id", "at"),
        Index("bounce_event_outgoing", "outgoing_id"),
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
    #: 'bounce', or 'complaint' of somebody who calls a copy spam.
    kind: Mapped[str] = mapped_column(server_default=text("'bounce'"))
    #: Whose trouble it is: no_such_user, mailbox_full, policy …; '' is not known.
    trouble: Mapped[str] = mapped_column(server_default=text("''"))
    #: What found it: rfc3464, the name of a dialect; '' while sending.
    detector: Mapped[str] = mapped_column(server_default=text("''"))
    #: How we know whose copy it was: 'token' is signed, 'ledger' and 'claim' are not.
    proof: Mapped[str] = mapped_column(server_default=text("'claim'"))
    #: The same for reports that say the same (see mail/likeness.py); '' is never alike.
    alike: Mapped[str] = mapped_column(server_default=text("''"))


class BounceAction(Base):
    """What was done to one member because of bounces or a complaint; can be undone.

    A row 'reset' is the other way round: what was reported before it no longer counts.
    """

    __tablename__ = "bounce_action"
    __table_args__ = (
        CheckConstraint(
            "action IN ('none', 'notify', 'probe', 'suspend', 'remove', 'reset')",
            name="action",
        ),
        CheckConstraint(
            "outcome IN ('', 'confirmed', 'cleared', 'unclear')", name="outcome"
        ),
        Index("bounce_action_subscription", "subscription_id", "at"),
        Index("bounce_action_list", "list_id", "at"),
        Index("bounce_action_at", "at"),
        Index("bounce_action_probe", "outgoing_id"),
        Index(
            "bounce_action_open_probe",
            "subscription_id",
            unique=True,
            postgresql_where=text("action = 'probe' AND outcome = ''"),
        ),
    )

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE")
    )
    #: No foreign key: a removed member has none until it is undone.
    subscription_id: Mapped[int]
    address: Mapped[str]
    action: Mapped[str]
    #: 'bounces', 'complaint', 'probe'; of a reset: who asked for it, or what.
    why: Mapped[str]
    level: Mapped[int] = mapped_column(server_default=text("0"))
    score: Mapped[int] = mapped_column(server_default=text("0"))
    #: The subscription as it was, all columns; more that undoing needs.
    before: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    #: The mail of a probe.
    outgoing_id: Mapped[int | None]
    at: Mapped[Moment]
    #: What a probe has shown, and until when its silence is waited for.
    outcome: Mapped[str] = mapped_column(server_default=text("''"))
    due_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]


class BounceBreaker(Base):
    """A group of reports that say the same of too many people: they do not count.

    Either of one message, or of one destination on one day (UTC) on one list.
    """

    __tablename__ = "bounce_breaker"
    __table_args__ = (
        Index(
            "bounce_breaker_once",
            *("list_id", "alike"),
            text("coalesce(outgoing_id, 0)"),
            *("destination", "day"),
            unique=True,
        ),
    )

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE")
    )
    alike: Mapped[str]
    outgoing_id: Mapped[int | None]
    #: The domain; '' for a message's.
    destination: Mapped[str] = mapped_column(server_default=text("''"))
    day: Mapped[date] = mapped_column(Date)
    trouble: Mapped[str]
    #: What one of them said.
    diagnostic: Mapped[str]
    #: How many said so of how many when it opened.
    bounced: Mapped[int]
    recipients: Mapped[int]
    opened_at: Mapped[Moment]
    #: Not set where the owners know it from another one of that day.
    told_at: Mapped[datetime | None]


class Suppression(Base):
    """An address that gets no list's mail of a domain any more."""

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("domain_id", "address_key"),)

    id: Mapped[Id]
    domain_id: Mapped[int] = mapped_column(ForeignKey("domain.id", ondelete="CASCADE"))
    address_key: Mapped[str]
    #: 'complaint', 'no_such_user', or the words of whoever asked for it.
    why: Mapped[str]
    #: The action that it came with; undoing that lifts it.
    action_id: Mapped[int | None] = mapped_column(index=True)
    created_at: Mapped[Moment]
