"""Who gets a list, and how."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from listhub.mail.receptions import RECEPTIONS
from listhub.models.base import Base, Id, Moment


class Subscription(Base):
    """One person on one list."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("list_id", "person_id"),
        Index("subscription_since", "list_id", "created_at", "id"),
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
    #: Gets nothing from then on, until `suspended_until` if that is set.
    suspended_at: Mapped[datetime | None]
    created_at: Mapped[Moment]
    suspended_until: Mapped[datetime | None]
    #: Only posts on these; empty: all.
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    #: The list's own attributes, by their ids.
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    changed_at: Mapped[datetime | None]
    #: False: only sources gave them; without one they go.
    subscribed: Mapped[bool] = mapped_column(server_default=text("true"))
