"""Refusals: what the sender of a mail is told who asked for what is not to be."""

from dataclasses import dataclass
from typing import Any

from listhub.i18n.text import Text
from listhub.lists.notices.notice import Notice


@dataclass(frozen=True, kw_only=True, slots=True)
class Refuse:
    """No: the sender is told `reason` with an enhanced status (RFC 3463)."""

    reason: str | Text
    enhanced: str = "5.7.1"
    #: The notice in whose words it is told, and its values; none: those of refusals.
    notice: Notice[Any] | None = None
    values: object = None
