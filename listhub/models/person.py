"""Persons, the roles that they hold and what was done by whom."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class Person(Base):
    """A person by address: kept as written, compared by `address_key`."""

    __tablename__ = "person"
    # Members are shown in this order; in code order ("C"), which the drift check does
    # not see.
    __table_args__ = (
        Index("person_order", "address_key"),
        Index("person_name", text("lower(display_name)"), "address_key"),
    )

    id: Mapped[Id]
    address: Mapped[str]
    address_key: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[Moment]
    #: As chosen by the person; none: the list's.
    language: Mapped[str | None]


class Role(Base):
    """Owner or moderator of a list, listmaster of a domain or of the whole site."""

    __tablename__ = "role"
    __table_args__ = (
        CheckConstraint("kind IN ('owner', 'moderator', 'listmaster')", name="kind"),
        CheckConstraint(
            "CASE kind WHEN 'listmaster' THEN list_id IS NULL"
            " ELSE list_id IS NOT NULL AND domain_id IS NULL END",
            name="scope",
        ),
        CheckConstraint("profile IN ('normal', 'privileged')", name="profile"),
        CheckConstraint("reception IN ('mail', 'none')", name="reception"),
        Index(
            "role_once",
            "person_id",
            "kind",
            text("coalesce(list_id, 0)"),
            text("coalesce(domain_id, 0)"),
            unique=True,
        ),
    )

    id: Mapped[Id]
    list_id: Mapped[int | None] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE"), index=True
    )
    domain_id: Mapped[int | None] = mapped_column(
        ForeignKey("domain.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    kind: Mapped[str]
    created_at: Mapped[Moment]
    #: A privileged owner may close the list and name its owners.
    profile: Mapped[str] = mapped_column(server_default=text("'normal'"))
    #: Whether mail to the role reaches this person.
    reception: Mapped[str] = mapped_column(server_default=text("'mail'"))
    concealed: Mapped[bool] = mapped_column(server_default=text("false"))
    info: Mapped[str] = mapped_column(server_default=text("''"))
    #: False: only sources gave them; without one they go.
    granted: Mapped[bool] = mapped_column(server_default=text("true"))


class Audit(Base):
    """Who did what to which object, when; never changed, never the only record."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_actor", "actor", "id"),
        Index("audit_object", "object", "id"),
        Index(
            "audit_action",
            *("action", "id"),
            postgresql_ops={"action": "text_pattern_ops"},
        ),
        Index("audit_how", text("(detail ->> 'how')"), "id"),
        # The history of one member.
        Index(
            "audit_address",
            *(text("(detail ->> 'address')"), "id"),
            postgresql_where=text("detail ? 'address'"),
        ),
        # The history of one request.
        Index(
            "audit_request",
            text("((detail ->> 'request')::bigint)"),
            postgresql_where=text("detail ? 'request'"),
        ),
    )

    id: Mapped[Id]
    at: Mapped[Moment] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[str]
    object: Mapped[str]
    list_id: Mapped[int | None] = mapped_column(index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
