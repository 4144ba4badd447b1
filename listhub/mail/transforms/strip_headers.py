"""Remove the fields that a list does not pass on (the setting `remove_headers`)."""

from listhub.mail.headers import Headers
from listhub.mail.transforms.context import TransformContext


def apply(headers: Headers, context: TransformContext) -> None:
    """Remove every field of these names, wherever it stands."""
    headers.remove(*context.remove_headers)
