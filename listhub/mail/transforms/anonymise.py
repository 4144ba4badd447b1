"""Hide who wrote a post, where the list promises so."""

import base64
import hashlib

from listhub.mail import address, mailbox, message_id
from listhub.mail.draft import Draft
from listhub.mail.transforms.context import TransformContext

#: Also without a setting: nobody who asks for anonymity wants one of these to stay.
_ALWAYS = (
    "Reply-To", "Resent-From", "Resent-Message-ID", "Resent-Reply-To", "Resent-Sender",
    "Return-Path", "Sender", "X-Original-From", "X-Validation-By",
)  # fmt: skip


def apply(draft: Draft, context: TransformContext) -> None:
    """Remove the traces of the author; From and Message-ID become the list's.

    In-Reply-To and References stay: they name posts, and threads stand on them.
    """
    if not context.anonymous_sender:
        return
    headers = draft.headers
    original = message_id.message_id(headers) or context.message_id
    headers.remove(*_ALWAYS, *context.anonymous_headers)
    headers.replace("From", _sender(context))
    headers.replace("Message-ID", f"<{_new_id(original, context)}>")


def _sender(context: TransformContext) -> str:
    found = address.mailboxes(context.anonymous_sender)
    name, sender = found[0] if found else ("", context.address)
    return mailbox.write(name, sender) if name else sender


def _new_id(original: str, context: TransformContext) -> str:
    """Return an id that the same post always gets, and that tells nothing of its own.

    Authors' programs put host names and times into a Message-ID.
    """
    text = f"{context.address}\0{original}".encode(errors="surrogateescape")
    digest = base64.urlsafe_b64encode(hashlib.sha256(text).digest()[:18]).decode()
    return f"anonymous.{digest}@{context.domain}"
