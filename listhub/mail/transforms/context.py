"""What the transforms know: facts about the list and the post, no decisions."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Literal

from listhub.mail.munge import Munge

#: The fields of RFC 2369, in the order in which Sympa writes them.
LIST_FIELDS = ("help", "subscribe", "unsubscribe", "post", "owner", "archive")

#: What tells who wrote a post, besides From: the way it came, the programs and
#: accounts that were used, signatures and keys of the sender, where replies go.
ANONYMOUS_HEADERS = (
    "ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal",
    "Authentication-Results", "Autocrypt", "Delivered-To",
    "Disposition-Notification-To", "DKIM-Signature", "DomainKey-Signature",
    "Injection-Info", "Mail-Followup-To", "Organisation", "Organization",
    "Original-Recipient", "Originator", "Path", "Received", "Received-SPF",
    "Reply-To", "Resent-Reply-To", "Return-Path", "Return-Receipt-To", "Sender",
    "User-Agent", "X-Envelope-From", "X-Envelope-To", "X-Mailer",
    "X-Originating-IP", "X-Received", "X-Sender", "X-Sender-IP", "X-X-Sender",
)  # fmt: skip

ReplyTo = Literal["keep", "sender", "list", "all", "other"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformContext:
    """Facts for one post on one list; `web_url` is "" where the site has no pages."""

    name: str
    domain: str
    sequence: int
    #: The Message-ID for a post that has none.
    message_id: str
    #: Where commands by mail go.
    command_address: str
    author: str = ""
    web_url: str = ""
    archived: bool = True
    #: Who may post; of a "closed" list RFC 2369 wants that said.
    posting: str = ""
    topics: tuple[str, ...] = ()

    anonymous_sender: str = ""  #: a mailbox, "" where authors are shown
    anonymous_headers: tuple[str, ...] = ANONYMOUS_HEADERS
    custom_subject: str = ""  #: the template of the tag, without its brackets
    remove_headers: tuple[str, ...] = ()

    reply_to: ReplyTo = "keep"
    reply_to_apply: Literal["respect", "forced"] = "respect"
    reply_to_other: str = ""
    custom_headers: tuple[str, ...] = ()
    list_headers: bool = True
    rfc2369_headers: tuple[str, ...] = LIST_FIELDS
    #: An https address that unsubscribes this recipient, or a mark that the sending
    #: puts each recipient's into; "" where there is none (RFC 8058).
    one_click: str = ""
    remove_outgoing_headers: tuple[str, ...] = ()

    #: Decided before, outside of any transaction; None leaves From: as it is.
    munge: Munge | None = None

    @property
    def address(self) -> str:
        return f"{self.name}@{self.domain}"


def permalink(message_id: str) -> str:
    """Return the stable end of a post's address: a hash of its Message-ID (RFC 5064)."""
    digest = hashlib.sha256(message_id.encode("utf-8", "surrogateescape")).digest()
    return base64.urlsafe_b64encode(digest[:15]).decode("ascii")
