"""Remove fields at last, also our own (the setting `remove_outgoing_headers`)."""

from listhub.mail import encoded_words
from listhub.mail.draft import Draft
from listhub.mail.headers import Field
from listhub.mail.transforms.context import TransformContext


def apply(draft: Draft, context: TransformContext) -> None:
    """Remove by `Name`, or only the fields that are exactly `Name: value`."""
    names: set[str] = set()
    exact: set[tuple[str, str]] = set()
    for line in context.remove_outgoing_headers:
        name, colon, value = line.partition(":")
        if colon:
            exact.add((name.strip().lower(), value.strip()))
        else:
            names.add(name.strip().lower())

    def unwanted(field: Field) -> bool:
        name = field.name.decode(errors="replace")
        return name in names or (name, encoded_words.plain(field.value)) in exact

    if names or exact:
        draft.headers.drop(unwanted)
