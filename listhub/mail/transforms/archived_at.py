"""Say where the archive keeps this post (RFC 5064)."""

from urllib.parse import quote

from listhub.mail import message_id
from listhub.mail.draft import Draft
from listhub.mail.transforms.context import TransformContext, permalink


def apply(draft: Draft, context: TransformContext) -> None:
    """Add Archived-At where the post is archived and the site has pages.

    The address holds no month and no number: it stays when the archive is built anew.
    That of another archive stays too, it is as true as ours.
    """
    if context.web_url and context.archived:
        base = f"{context.web_url.rstrip('/')}/archive"
        address = quote(context.address, safe="@")
        post = message_id.message_id(draft.headers) or context.message_id
        draft.headers.add("Archived-At", f"<{base}/{address}/{permalink(post)}>")
