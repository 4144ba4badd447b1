"""Refusals: what the sender of a mail is told who asked for what is not to be."""

from dataclasses import dataclass

from listhub.i18n.text import Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Refuse:
    """No: the sender is told `reason` with an enhanced status (RFC 3463)."""

    reason: str | Text
    enhanced: str = "5.7.1"
