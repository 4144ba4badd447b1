"""What passes between an LMTP session and whoever does its input and output."""

from dataclasses import dataclass

from listhub.lists.directory import Destination


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one conversation may cost: octets per mail, recipients per mail."""

    max_size: int
    max_recipients: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Where does mail to these recipients go?  Answer with one verdict for each."""

    recipients: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A complete mail.  Answer with one reply for each recipient, in this order."""

    helo: str
    reverse_path: str
    recipients: tuple[tuple[str, Destination], ...]
    content: bytes
