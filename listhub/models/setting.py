"""List settings above the defaults: one row per change of a level, newest wins."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class SettingVersion(Base):
    """All values of one level as of one change.

    Levels are the site, a domain, what a family makes of one list, and a list.
    """

    __tablename__ = "setting_version"
    __table_args__ = (
        CheckConstraint(
            "CASE scope WHEN 'site' THEN domain_id IS NULL AND list_id IS NULL"
            " WHEN 'domain' THEN domain_id IS NOT NULL AND list_id IS NULL"
            " WHEN 'family' THEN domain_id IS NULL AND list_id IS NOT NULL"
            " WHEN 'list' THEN domain_id IS NULL AND list_id IS NOT NULL"
            " ELSE false END",
            name="scope",
        ),
        Index(
            "setting_version_newest",
            "scope",
            text("coalesce(domain_id, 0)"),
            text("coalesce(list_id, 0)"),
            "version",
            unique=True,
        ),
    )

    id: Mapped[Id]
    scope: Mapped[str]
    domain_id: Mapped[int | None] = mapped_column(
        ForeignKey("domain.id", ondelete="CASCADE")
    )
    list_id: Mapped[int | None] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE")
    )
    version: Mapped[int]
    values: Mapped[dict[str, Any]]
    changed_by: Mapped[str]
    changed_at: Mapped[Moment]
