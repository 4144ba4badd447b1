"""List-Id and the fields that tell mail programs what a list offers."""

from urllib.parse import quote

from listhub.mail.headers import Headers
from listhub.mail.transforms.context import TransformContext

#: What an upstream list wrote about itself is not true of this one.
_FOREIGN = (
    "List-Id",
    "List-Help",
    "List-Subscribe",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Post",
    "List-Owner",
    "List-Archive",
)


def apply(headers: Headers, context: TransformContext) -> None:
    """Replace List-* by our own: RFC 2919 for the Id, RFC 2369 for the rest."""
    headers.remove(*_FOREIGN)
    headers.add("List-Id", f"<{context.name}.{context.domain}>")
    if not context.list_headers:
        return
    name = quote(context.name)
    for field, page, subject in (
        ("List-Help", "help", "HELP"),
        ("List-Subscribe", "subscribe", f"SUB%20{name}"),
        ("List-Unsubscribe", "signoff", f"SIG%20{name}"),
    ):
        mailto = f"<mailto:{context.command_address}?subject={subject}>"
        headers.add(
            field, f"<{_page(context, page)}>, {mailto}" if context.web_url else mailto
        )
    headers.add("List-Post", f"<mailto:{quote(context.address, safe='@')}>")
    owner = f"{context.name}-request@{context.domain}"
    headers.add("List-Owner", f"<mailto:{quote(owner, safe='@')}>")
    if context.web_url and context.archived:
        headers.add("List-Archive", f"<{_page(context, 'archive')}>")


def _page(context: TransformContext, page: str) -> str:
    address = quote(context.address, safe="@")
    base = context.web_url.rstrip("/")
    return f"{base}/help" if page == "help" else f"{base}/{page}/{address}"
