"""What was read from a mail that came back: plain values, for whoever acts on them."""

from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["dsn", "complaint", "auto-reply", "mdn", "challenge", "none"]
Action = Literal["failed", "delayed", "delivered", "relayed", "expanded", ""]

#: Feedback types (RFC 5965 §3.1 and §7.3) of a reader who wants no more of it.
UNWANTED: Final = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a report says of one recipient."""

    address: str  #: as reported; "" if it names none that can be read
    action: Action = ""  #: of a complaint: ""
    status: str = ""  #: the enhanced status, such as 5.1.1
    failure_class: str = ""  #: of classes.toml if failed or delayed, else ""
    diagnostic: str = ""  #: what the server said, at most 900 characters
    detector: str  #: which reader found it


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """What the mail that came back tells of itself; nothing of it is verified.

    Whoever can write a report can write these: tokens are to be decoded with our keys,
    and the rest is a hint.
    """

    message_id: str = ""  #: without its brackets
    list_id: str = ""  #: without its brackets
    reverse_paths: tuple[str, ...] = ()  #: addresses; ours have a VERP token
    one_click: tuple[str, ...] = ()  #: tokens of List-Unsubscribe (RFC 8058)
    cfbl_address: str = ""  #: RFC 9477 §3.1
    feedback_ids: tuple[str, ...] = ()  #: CFBL-Feedback-ID, then Feedback-ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a complaint says (RFC 5965 §3)."""

    type: str  #: in lower case: abuse, fraud, not-spam, …; "" if not said
    user_agent: str = ""
    source_ip: str = ""

    @property
    def wants_out(self) -> bool:
        """Whether the reader wants no more of it; not-spam and auth-failure do not."""
        return self.type in UNWANTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What kind of mail it is, and all that it says."""

    kind: Kind
    reason: str  #: what told, for the log: a detector or a mark
    recipients: tuple[Reported, ...] = ()
    feedback: Feedback | None = None  #: of a complaint
    original: Original = field(default_factory=Original)
