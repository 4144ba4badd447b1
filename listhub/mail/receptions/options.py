"""What a reception has to know beside the post."""

from collections.abc import Callable
from dataclasses import dataclass

from listhub.mail.attachments import Attachment


def _kept_nowhere(attachment: Attachment) -> str:
    raise LookupError(f"no place for {attachment.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The list's language, and where large attachments go."""

    language: str = "en"
    min_size: int = 10_240  #: bytes from which on an attachment becomes a link
    #: Keeps an attachment and returns the address at which it can be fetched.
    store: Callable[[Attachment], str] = _kept_nowhere
