"""Files of a site, a domain, a family or a list: scenarios, filters, templates."""

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class CustomFile(Base):
    """One version of a file; the newest is in force, no content means removed."""

    __tablename__ = "custom_file"
    __table_args__ = (
        CheckConstraint(
            "CASE scope WHEN 'site' THEN num_nonnulls(domain_id, list_id, family) = 0"
            " WHEN 'domain' THEN domain_id IS NOT NULL"
            " AND num_nonnulls(list_id, family) = 0"
            " WHEN 'family' THEN family IS NOT NULL AND list_id IS NULL"
            " WHEN 'list' THEN list_id IS NOT NULL"
            " AND num_nonnulls(domain_id, family) = 0"
            " ELSE false END",
            name="scope",
        ),
        Index("custom_file_newest", "path", "id"),
    )

    id: Mapped[Id]
    scope: Mapped[str]
    domain_id: Mapped[int | None] = mapped_column(
        ForeignKey("domain.id", ondelete="CASCADE"), index=True
    )
    list_id: Mapped[int | None] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE"), index=True
    )
    family: Mapped[str | None]
    #: As Sympa's directories have it: scenari/send.private, mail_tt2/welcome.
    path: Mapped[str]
    content: Mapped[str | None]
    changed_by: Mapped[str]
    changed_at: Mapped[Moment]
