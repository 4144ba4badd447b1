"""Send replies where the list wants them."""

from listhub.mail import address, mailbox
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.transforms.context import TransformContext


def apply(draft: Draft, context: TransformContext) -> None:
    """Set Reply-To; one that the author set stays unless the list forces its own."""
    headers = draft.headers
    wanted = _wanted(headers, context)
    if not wanted:
        return
    if headers.get("Reply-To") and context.reply_to_apply != "forced":
        return
    headers.remove("Reply-To", "Resent-Reply-To")
    headers.add("Reply-To", wanted)


def _wanted(headers: Headers, context: TransformContext) -> str:
    match context.reply_to:
        case "keep":
            return ""
        case "list":
            return context.address
        case "other":
            return context.reply_to_other
        case "sender":
            return _author(headers, context)
        case "all":
            return ", ".join(filter(None, (context.address, _author(headers, context))))


def _author(headers: Headers, context: TransformContext) -> str:
    """Return whom From names by now: on an anonymous list that is not the author."""
    own = address.key(context.address)
    authors = address.mailboxes(headers.get("From") or b"")
    return ", ".join(
        mailbox.write(name, text) if name else text
        for name, text in authors
        if context.reply_to == "sender" or address.key(text) != own
    )
