"""Remove the fields that a list does not pass on (the setting `remove_headers`)."""

from listhub.mail.draft import Draft
from listhub.mail.transforms.context import TransformContext


def apply(draft: Draft, context: TransformContext) -> None:
    """Remove every field of these names, wherever it stands."""
    draft.headers.remove(*context.remove_headers)
