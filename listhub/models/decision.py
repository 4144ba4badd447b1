"""Decisions about many requests, or with a delay: what was decided, and how far it is."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class Decision(Base):
    """One decision of one person; what it is about is in `DecisionRequest`."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("decision_of_person", "decided_by", "id"),
        Index("decision_created_at", "created_at"),
    )

    id: Mapped[Id]
    action: Mapped[str]
    #: What goes with the action: reason, template, allow, block, quiet, topics, text.
    options: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    #: What was chosen, as it was chosen; evaluated once, when the row was written.
    selection: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    decided_by: Mapped[str]
    #: web, api or cli.
    decided_how: Mapped[str]
    created_at: Mapped[Moment]
    #: When it takes effect; until then all of it can be undone.
    due_at: Mapped[datetime]
    #: How many requests it is about.
    total: Mapped[int]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]


class DecisionRequest(Base):
    """What becomes of one request by one decision."""

    __tablename__ = "decision_request"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('pending', 'done', 'already', 'failed', 'undone')",
            name="outcome",
        ),
        # Only one decision at a time can be on its way to a request.
        Index(
            "decision_request_pending",
            "request_id",
            unique=True,
            postgresql_where=text("outcome = 'pending'"),
        ),
    )

    decision_id: Mapped[int] = mapped_column(
        ForeignKey("decision.id", ondelete="CASCADE"), primary_key=True
    )
    request_id: Mapped[int] = mapped_column(
        ForeignKey("request.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    outcome: Mapped[str] = mapped_column(server_default=text("'pending'"))
    #: Why it could not be carried out, for people.
    reason: Mapped[str] = mapped_column(server_default=text("''"))
    settled_at: Mapped[datetime | None]


class Watching(Base):
    """Who has a request before their eyes, as far as their browser says so."""

    __tablename__ = "watching"

    request_id: Mapped[int] = mapped_column(
        ForeignKey("request.id", ondelete="CASCADE"), primary_key=True
    )
    person: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]
