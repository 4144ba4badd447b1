"""Send replies where the list wants them."""

from listhub.mail.headers import Headers
from listhub.mail.transforms.context import TransformContext


def apply(headers: Headers, context: TransformContext) -> None:
    """Set Reply-To to the list or to both, unless the post says it already."""
    if context.reply_to == "sender" or headers.get("Reply-To"):
        return
    headers.remove("Reply-To", "Resent-Reply-To")
    both = context.reply_to == "all" and context.author
    headers.add(
        "Reply-To", f"{context.address}, {context.author}" if both else context.address
    )
