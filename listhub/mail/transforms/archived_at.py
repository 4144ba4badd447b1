"""Say where the archive keeps this post (RFC 5064)."""

from urllib.parse import quote

from listhub.mail.headers import Headers
from listhub.mail.transforms.context import TransformContext, permalink


def apply(headers: Headers, context: TransformContext) -> None:
    """Add Archived-At where the post is archived and the site has pages."""
    if context.web_url and context.archived:
        base = f"{context.web_url.rstrip('/')}/archive"
        address = quote(context.address, safe="@")
        headers.add(
            "Archived-At", f"<{base}/{address}/{permalink(context.message_id)}>"
        )
