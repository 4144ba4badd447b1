"""The envelope of a transfer (RFC 5321 §2.3.1); never taken from header fields."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who is told of failures, and who is to get the mail."""

    reverse_path: str  #: "" is the null reverse-path
    recipients: tuple[str, ...]
