"""When two servers say the same: replies without what differs from copy to copy.

Who is bounced with the same words as everybody else is rarely the one at fault: the
breaker counts reports by this text (see docs/explanation/bouncing.md).
"""

import re
from collections.abc import Mapping
from hashlib import blake2s
from typing import Final

#: What these say is about the message or about us, whatever the words.
WHOLESALE: Final = frozenset({"policy", "spam", "content", "authentication"})

#: The names of `delivery/classes.toml` that a report's reader calls otherwise.
_SENDING: Final[Mapping[str, str]] = {"relay": "policy", "size": "content"}

_LONGEST = 300  # characters that tell
# Addresses, links, hosts and numbers, and what looks like the mark of one message: all
# differ from one copy to the next.
_OWN = re.compile(
    r"<[^<>]{0,300}>|[^\s<>@]{1,100}@[^\s<>@]{1,100}|\bhttps?://\S+"
    r"|\b(?:[a-z0-9_-]{1,63}\.)+[a-z]{2,24}\b|\b[\w+/=-]*\d[\w+/=.:-]*",
    re.IGNORECASE | re.ASCII,
)
_NO_WORD = re.compile(r"[^\w]+")


def likeness(diagnostic: str, *, trouble: str) -> str:
    """Return what reports that say the same have in common; "" for one without words."""
    if trouble in WHOLESALE:
        return f"class:{trouble}"
    words = _NO_WORD.sub(" ", _OWN.sub(" ", diagnostic[: 4 * _LONGEST])).split()
    text = " ".join(words).casefold()[:_LONGEST]
    if not text:
        return ""
    return f"text:{blake2s(text.encode(errors='replace'), digest_size=12).hexdigest()}"


def trouble_of(reply_class: str) -> str:
    """Return what a report would call a class of `delivery/classes.toml`."""
    return _SENDING.get(reply_class, reply_class).replace("_", "-")
