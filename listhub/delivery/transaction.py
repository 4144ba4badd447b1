"""The values of delivery: what is asked of a relay, and what it answered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One MAIL, its RCPTs and one content (RFC 5321 §3.3), ready for the wire."""

    #: "" is the null reverse-path.  With `xverp` it is the base the relay extends.
    reverse_path: str
    recipients: tuple[str, ...]
    #: From `wire.to_wire`: CRLF lines, dot-stuffed, ending with CRLF.CRLF.
    content: bytes
    #: Where many contents end alike: what follows `content`, in memory once for all.
    rest: tuple[bytes, ...] = ()
    #: Addresses or header are UTF-8 (`wire.needs_smtputf8`).
    smtputf8: bool = False
    #: Some byte of the content is above 127 (`wire.is_eight_bit`).
    eight_bit: bool = False
    #: Octets without the terminator (RFC 1870 §6), 0 when not known.
    size: int = 0
    #: Ask the relay to make one reverse-path per recipient.
    xverp: bool = False
    #: The relay is asked to report on each recipient (RFC 3461), under this name for
    #: the whole; "": it is not.
    envelope_id: str = ""
    #: Why there is no content: everybody's answer, and no relay is asked.
    refusal: "Reply | None" = None
    #: The caller's own; never read here.
    tag: object = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a relay, or one of ours in its stead."""

    code: int
    #: RFC 3463 status such as "5.1.1", or "" where the relay gave none.
    enhanced: str
    text: str


@dataclass(frozen=True, slots=True)
class TransactionResult:
    """A finished transaction with one reply per recipient, in their order."""

    transaction: Transaction
    replies: tuple[Reply, ...]
