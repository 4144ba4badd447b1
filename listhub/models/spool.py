"""The spool's tables, mapped for Alembic's drift check only: nobody imports this.

The statements over them are plain SQL in `listhub/spool/`.  There are no foreign
keys here on purpose: the hot row must not lock rows of other tables.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment, Small


class Body(Base):
    """Bytes as they came, stored once by SHA-256 digest."""

    __tablename__ = "body"

    id: Mapped[Id]
    digest: Mapped[bytes] = mapped_column(unique=True)
    size: Mapped[int]
    content: Mapped[bytes]
    created_at: Mapped[Moment]
    #: When somebody last stored these bytes; the vacuum leaves young ones alone.
    last_put: Mapped[Moment] = mapped_column(index=True)


class SpoolItem(Base):
    """A unit of waiting work: narrow, short-lived, claimed by lease and token."""

    __tablename__ = "spool_item"
    __table_args__ = (
        CheckConstraint(
            "state IN ('ready', 'deferred', 'parked', 'held', 'buried')", name="state"
        ),
        # The claim's index: only what is ready, in the order in which it is taken.
        Index(
            "spool_item_ready",
            "stage",
            "rank",
            "id",
            postgresql_where=text("state = 'ready'"),
        ),
        # The promotion's index: only what waits for a time.
        Index(
            "spool_item_due",
            "stage",
            "due_at",
            postgresql_where=text("state = 'deferred'"),
        ),
        # The status page's index: what waits for people.
        Index(
            "spool_item_aside",
            "stage",
            "state",
            postgresql_where=text("state IN ('parked', 'held', 'buried')"),
        ),
    )

    id: Mapped[Id]
    stage: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'ready'"))
    priority: Mapped[Small] = mapped_column(server_default=text("5"))
    rank: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    token: Mapped[uuid.UUID | None]
    owner: Mapped[str | None]
    attempts: Mapped[Small] = mapped_column(server_default=text("0"))
    list_id: Mapped[int | None]
    body_id: Mapped[int | None]
    ref: Mapped[int | None]
    trace: Mapped[uuid.UUID]
    message_id: Mapped[str | None]
    reverse_path: Mapped[str | None]
    recipient: Mapped[str | None]
    meta: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    reason: Mapped[str | None]
    created_at: Mapped[Moment]
    #: When it was last claimed, deferred, parked, held or buried; in no index.
    since: Mapped[datetime | None]
    #: Of a buried item: what its error has in common with others (see spool/errors.py).
    error: Mapped[str | None]


class SpoolHistory(Base):
    """What became of an item; partitioned by day, dropped by partition."""

    __tablename__ = "spool_history"
    __table_args__ = (
        Index("spool_history_trace", "trace"),
        Index("spool_history_message_id", "message_id"),
        Index("spool_history_settled", "settled_at", postgresql_using="brin"),
        # What came in from outside, packets and the like apart.
        Index(
            "spool_history_arrived",
            "created_at",
            "item_id",
            postgresql_where=text("meta ? 'via'"),
        ),
        {"postgresql_partition_by": "RANGE (settled_at)"},
    )

    item_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    settled_at: Mapped[datetime] = mapped_column(
        primary_key=True, server_default=func.clock_timestamp()
    )
    stage: Mapped[str]
    verdict: Mapped[str]
    note: Mapped[str] = mapped_column(server_default=text("''"))
    owner: Mapped[str | None]
    attempts: Mapped[Small]
    priority: Mapped[Small]
    list_id: Mapped[int | None]
    body_id: Mapped[int | None]
    ref: Mapped[int | None]
    trace: Mapped[uuid.UUID]
    message_id: Mapped[str | None]
    reverse_path: Mapped[str | None]
    recipient: Mapped[str | None]
    meta: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Seen(Base):
    """A Message-ID that a list has had, for all hosts."""

    __tablename__ = "seen"

    list_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    message_id: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[Moment] = mapped_column(index=True)


class IntakeRetry(Base):
    """Transactions accepted lately, so that an MTA's retry is not a second post."""

    __tablename__ = "intake_retry"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    at: Mapped[Moment] = mapped_column(index=True)


class JobRun(Base):
    """One due run of a job: any number of schedulers insert it, one row results."""

    __tablename__ = "job_run"
    __table_args__ = (
        Index("job_run_once", "job", "scope", "due_at", unique=True),
        Index("job_run_finished_at", "finished_at"),
        # What did not go well: the status page looks at these.
        Index(
            "job_run_trouble",
            *("job", "scope"),
            postgresql_where=text("outcome IN ('failing', 'failed')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    job: Mapped[str]
    scope: Mapped[str] = mapped_column(server_default=text("'site'"))
    due_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    detail: Mapped[str | None]
    #: How often it failed.
    attempts: Mapped[Small] = mapped_column(server_default=text("0"))
    #: The item that it is in the spool.
    item_id: Mapped[int | None]


class JobPause(Base):
    """A job that is not to be made due until somebody resumes it."""

    __tablename__ = "job_pause"

    job: Mapped[str] = mapped_column(Text, primary_key=True)
    paused_by: Mapped[str]
    paused_at: Mapped[Moment]
