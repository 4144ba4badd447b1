"""Topics of posts, and attachments that were taken out of them."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from listhub.models.base import Base, Id, Moment


class MessageTopic(Base):
    """The topics of a post by its Message-ID, and who gave them."""

    __tablename__ = "message_topic"
    __table_args__ = (
        CheckConstraint("method IN ('auto', 'sender', 'editor')", name="method"),
    )

    list_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("mailing_list.id", ondelete="CASCADE"),
        primary_key=True,
    )
    message_id: Mapped[str] = mapped_column(Text, primary_key=True)
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text))
    method: Mapped[str]
    at: Mapped[Moment] = mapped_column(index=True)


class Attachment(Base):
    """A part that members of reception `urlize` get as a link."""

    __tablename__ = "attachment"
    __table_args__ = (Index("attachment_list_id_idx", "list_id", "message_id"),)

    id: Mapped[Id]
    #: SHA-256 of the token in the link.
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    list_id: Mapped[int] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE")
    )
    message_id: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"), index=True)
    created_at: Mapped[Moment]
