"""Name the topics of a post, so that mail filters and digests can sort by them."""

from listhub.mail.draft import Draft
from listhub.mail.transforms.context import TransformContext

#: Ours, and the name that filters written for Sympa look for.
FIELDS = ("X-ListHub-Topic", "X-Sympa-Topic")


def apply(draft: Draft, context: TransformContext) -> None:
    """Write both fields; what the author wrote there has been judged by now."""
    if context.topics:
        for name in FIELDS:
            draft.headers.replace(name, ",".join(context.topics))
