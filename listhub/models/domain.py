"""A domain: the part behind the @, with its own settings and listmasters."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class Domain(Base):
    """A mail domain whose lists live here."""

    __tablename__ = "domain"
    __table_args__ = (CheckConstraint("name = lower(name)", name="lower_case"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[Moment]
