"""Families: templates of lists, their versions, and the lists that they have."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Moment


class Family(Base):
    """A family by its name; what it says is in its newest version."""

    __tablename__ = "family"
    __table_args__ = (
        CheckConstraint(
            "(pattern IS NULL) = (expression IS NULL)", name="pattern_and_expression"
        ),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    #: Where its lists may be; none: in any domain.
    domain_id: Mapped[int | None] = mapped_column(
        ForeignKey("domain.id", ondelete="CASCADE"), index=True
    )
    #: Names of automatic lists, as people write them and as PostgreSQL matches them.
    pattern: Mapped[str | None]
    expression: Mapped[str | None]
    created_at: Mapped[Moment]


class FamilyVersion(Base):
    """All that a family says as of one change; the newest is in force."""

    __tablename__ = "family_version"

    family: Mapped[str] = mapped_column(
        ForeignKey("family.name", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]]
    changed_by: Mapped[str]
    changed_at: Mapped[Moment]


class FamilyList(Base):
    """A list of a family, with what is its own there."""

    __tablename__ = "family_list"
    __table_args__ = (Index("family_list_behind", "family", "tried"),)

    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE"), primary_key=True
    )
    family: Mapped[str] = mapped_column(ForeignKey("family.name"))
    #: Fields for placeholders, settings, owners and moderators.
    given: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    #: The version of the family that it follows.
    version: Mapped[int]
    #: The newest one that it was to follow, and why it could not; none: it could.
    tried: Mapped[int]
    problem: Mapped[str | None]
    #: Made by its first post.
    automatic: Mapped[bool] = mapped_column(server_default=text("false"))
