"""Where members, owners and moderators come from besides asking for it themselves."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment

_ROLES = "role IN ('member', 'owner', 'moderator')"


class DataSource(Base):
    """One source of one role of a list: a query, a file, another list."""

    __tablename__ = "data_source"
    __table_args__ = (
        UniqueConstraint("list_id", "role", "name"),
        CheckConstraint(_ROLES, name="role"),
    )

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE")
    )
    role: Mapped[str] = mapped_column(server_default=text("'member'"))
    name: Mapped[str]
    kind: Mapped[str]
    config: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    #: Of kind `list`: the list whose people are taken; loops are looked for by it.
    from_list_id: Mapped[int | None] = mapped_column(
        ForeignKey("mailing_list.id"), index=True
    )
    #: False: not asked; what it gave stays.
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    #: Seconds between two rounds.
    ttl: Mapped[int] = mapped_column(server_default=text("3600"))
    created_at: Mapped[Moment]
    last_ok_at: Mapped[datetime | None]
    #: How many it gave then, and how many of its rows were no addresses.
    last_rows: Mapped[int | None]
    last_refused: Mapped[int | None]
    #: What went wrong in the last round; none: nothing.
    last_error: Mapped[str | None]


class SourceSync(Base):
    """How the rounds of one role of a list go: when the next is due, what stopped it."""

    __tablename__ = "source_sync"
    __table_args__ = (
        UniqueConstraint("list_id", "role"),
        CheckConstraint(_ROLES, name="role"),
        CheckConstraint("state IN ('new', 'ok', 'failing', 'stopped')", name="state"),
    )

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE")
    )
    role: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'new'"))
    due_at: Mapped[datetime] = mapped_column(server_default=text("now()"), index=True)
    #: The round that is under way, while the spool has it.
    item_id: Mapped[int | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    last_ok_at: Mapped[datetime | None]
    #: What the last round did or would have done.
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    #: So many people may go once: somebody has said so.
    approved: Mapped[int] = mapped_column(server_default=text("0"))


class Inclusion(Base):
    """Somebody whom a source gave in its last good round."""

    __tablename__ = "inclusion"

    source_id: Mapped[int] = mapped_column(
        ForeignKey("data_source.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Exclusion(Base):
    """Somebody whom no source makes a member of the list again."""

    __tablename__ = "exclusion"

    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE"), primary_key=True
    )
    address_key: Mapped[str] = mapped_column(Text, primary_key=True, index=True)
    at: Mapped[Moment]
