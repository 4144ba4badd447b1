"""Who gets a list, and how."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment

RECEPTIONS = (
    "each",
    "digest",
    "digest_text",
    "index",
    "notice",
    "text",
    "urlize",
    "none",
)


class Subscription(Base):
    """One person on one list."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("list_id", "person_id"),
        CheckConstraint(
            "reception IN ({})".format(", ".join(f"'{mode}'" for mode in RECEPTIONS)),
            name="reception",
        ),
    )

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE")
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    reception: Mapped[str] = mapped_column(server_default=text("'each'"))
    #: False: does not get what they posted themselves.
    own_posts: Mapped[bool] = mapped_column(server_default=text("true"))
    concealed: Mapped[bool] = mapped_column(server_default=text("false"))
    suspended_at: Mapped[datetime | None]
    created_at: Mapped[Moment]
