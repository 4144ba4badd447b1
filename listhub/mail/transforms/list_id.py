"""Name the list by an identifier that never changes (RFC 2919)."""

from listhub.mail.draft import Draft
from listhub.mail.transforms.context import TransformContext


def apply(draft: Draft, context: TransformContext) -> None:
    """Put our List-Id in the place of any other: a message bears one (§3).

    Without a phrase, as Sympa writes it: filters compare the whole field.
    """
    draft.headers.remove("List-Id")
    draft.headers.add("List-Id", f"<{context.name}.{context.domain}>")
