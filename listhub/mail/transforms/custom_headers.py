"""Add the fields that the list's owner wants on every post."""

from listhub.mail.draft import Draft
from listhub.mail.transforms.context import TransformContext


def apply(draft: Draft, context: TransformContext) -> None:
    """Add each `Name: value` line of the setting `custom_headers`."""
    for line in context.custom_headers:
        name, _, value = line.partition(":")
        draft.headers.add(name, value.strip())
