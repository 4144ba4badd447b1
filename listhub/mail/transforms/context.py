"""What the transforms know: facts about the list and the post, no decisions."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformContext:
    """Facts for one post on one list; `web_url` is "" where the site has no pages."""

    name: str
    domain: str
    sequence: int
    message_id: str
    author: str
    #: Where commands by mail go.
    command_address: str
    web_url: str = ""
    archived: bool = True
    list_headers: bool = True
    remove_headers: tuple[str, ...] = ()
    reply_to: Literal["sender", "list", "all"] = "sender"
    custom_headers: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"{self.name}@{self.domain}"


def permalink(message_id: str) -> str:
    """Return the stable end of a post's address: a hash of its Message-ID (RFC 5064)."""
    digest = hashlib.sha256(message_id.encode("utf-8", "surrogateescape")).digest()
    return base64.urlsafe_b64encode(digest[:15]).decode("ascii")
