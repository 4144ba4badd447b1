"""The fields that tell mail programs what a list offers (RFC 2369)."""

from urllib.parse import quote

from listhub.mail.draft import Draft
from listhub.mail.transforms.context import LIST_FIELDS, TransformContext

#: What an upstream list wrote about itself is not true of this one.
_FOREIGN = ("List-Unsubscribe-Post", *(f"List-{name.title()}" for name in LIST_FIELDS))


def apply(draft: Draft, context: TransformContext) -> None:
    """Remove all List-* commands that came, and add those that the list sets."""
    headers = draft.headers
    headers.remove(*_FOREIGN)
    if not context.list_headers:
        return
    values = _values(context)
    for name in LIST_FIELDS:
        if name in context.rfc2369_headers and values.get(name):
            headers.add(f"List-{name.title()}", values[name])
            if name == "unsubscribe" and context.one_click:
                # RFC 8058 §3.1
                headers.add("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")


def _values(context: TransformContext) -> dict[str, str]:
    name = quote(context.name)
    web = bool(context.web_url)
    return {
        "help": _both(context, page="help", subject="HELP"),
        "subscribe": _both(context, page="subscribe", subject=f"SUB%20{name}"),
        "unsubscribe": _both(context, page="signoff", subject=f"SIG%20{name}"),
        "post": _post(context),
        "owner": f"<{_mailto(f'{context.name}-request@{context.domain}')}>",
        "archive": f"<{_page(context, 'archive')}>" if web and context.archived else "",
    }


def _both(context: TransformContext, *, page: str, subject: str) -> str:
    mailto = f"<{_mailto(context.command_address)}?subject={subject}>"
    # RFC 2369 §2: the preferred way comes first.  RFC 8058 wants one https address.
    web = _page(context, page) if context.web_url else ""
    if page == "signoff" and context.one_click:
        web = context.one_click
    return f"<{web}>, {mailto}" if web else mailto


def _post(context: TransformContext) -> str:
    # RFC 2369 §3.4: nobody may post, and mail programs should offer no such button.
    if context.posting == "closed":
        return "NO"
    return f"<{_mailto(context.address)}>"


def _mailto(address: str) -> str:
    return f"mailto:{quote(address, safe='@')}"  # RFC 6068 §2


def _page(context: TransformContext, page: str) -> str:
    address = quote(context.address, safe="@")
    base = context.web_url.rstrip("/")
    return f"{base}/help" if page == "help" else f"{base}/{page}/{address}"
