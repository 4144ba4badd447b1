"""What leaves: the message, its packets of recipients, and what each was answered."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from listhub.models.base import Base, Id, Moment, Small


class Outgoing(Base):
    """One message for many recipients: own head, shared body from `body_offset` on."""

    __tablename__ = "outgoing"
    __table_args__ = (
        Index("outgoing_message_id", "message_id"),
        Index("outgoing_list", "list_id", "created_at"),
        Index("outgoing_trace", "trace"),
        Index("outgoing_created_at", "created_at"),
    )

    id: Mapped[Id]
    list_id: Mapped[int | None] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="SET NULL")
    )
    trace: Mapped[uuid.UUID]
    message_id: Mapped[str]
    sequence: Mapped[int | None]
    head: Mapped[bytes]
    body_id: Mapped[int | None] = mapped_column(ForeignKey("body.id"), index=True)
    body_offset: Mapped[int] = mapped_column(server_default=text("0"))
    #: Reverse-path of what is sent without VERP; empty for DSNs.
    bounce_address: Mapped[str]
    author: Mapped[str] = mapped_column(server_default=text("''"))
    mode: Mapped[str] = mapped_column(server_default=text("'each'"))
    recipients: Mapped[int]
    created_at: Mapped[Moment]
    #: What is done to each copy while it is sent (see delivery/treatment.py).
    treatment: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))


class Packet(Base):
    """Recipients that one connection works through in order; sorted by domain."""

    __tablename__ = "packet"
    __table_args__ = (
        Index("packet_outgoing", "outgoing_id", "n"),
        # Whose packet it is: the last one that begins before the address; in code
        # order ("C"), which the drift check does not see.
        Index("packet_key", "outgoing_id", "verp", "first_key"),
        {"postgresql_with": {"fillfactor": "90"}},
    )

    id: Mapped[int] = mapped_column(
        BigInteger, Identity(always=False), primary_key=True
    )
    outgoing_id: Mapped[int] = mapped_column(
        ForeignKey("outgoing.id", ondelete="CASCADE")
    )
    n: Mapped[int]
    verp: Mapped[bool]
    recipients: Mapped[list[str]] = mapped_column(ARRAY(Text))
    subscriptions: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    #: Sort keys of the first and the last recipient: an address is found by range.
    first_key: Mapped[str]
    last_key: Mapped[str]
    tries: Mapped[Small] = mapped_column(server_default=text("0"))
    created_at: Mapped[Moment]
    settled_at: Mapped[datetime | None]


class Outcome(Base):
    """The ledger: a run of neighbouring positions of a packet with the same answer.

    Append-only and partitioned by day.  Positions count from 1.  A recipient's fate
    is the newest row that covers it, `possible_duplicate` rows apart.
    """

    __tablename__ = "outcome"
    __table_args__ = (
        CheckConstraint(
            "state IN ('delivered', 'deferred', 'refused', 'expired',"
            " 'possible_duplicate')",
            name="state",
        ),
        Index("outcome_packet", "packet_id"),
        Index(
            "outcome_other", "packet_id", postgresql_where=text("state <> 'delivered'")
        ),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    # The mapper wants a key; the table has none: nothing here is ever updated.
    __mapper_args__ = {"primary_key": ["packet_id", "first", "at"]}  # noqa: RUF012

    packet_id: Mapped[int]
    first: Mapped[Small]
    last: Mapped[Small]
    state: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    attempt: Mapped[Small]
    relay: Mapped[str]
    code: Mapped[Small]
    enhanced: Mapped[str]
    reply: Mapped[str]
    host: Mapped[str]
