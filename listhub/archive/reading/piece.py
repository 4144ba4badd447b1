"""What a reader of old archives yields: messages, and what could not be read."""

from dataclasses import dataclass
from datetime import datetime

#: Octets of one message; what is longer is told and left out.
LIMIT = 64 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One message as its sender's program wrote it, and where it was found."""

    where: str
    raw: bytes
    #: When the archive says that it came, in UTC; for messages without a sane Date.
    came: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """A piece that is no message, where it stands, and why it was left out."""

    where: str
    reason: str


Piece = Found | Unread
