"""Put the list's tag into the subject (the setting `custom_subject`)."""

from listhub.mail import subject
from listhub.mail.draft import Draft
from listhub.mail.transforms.context import TransformContext


def apply(draft: Draft, context: TransformContext) -> None:
    """Tag the subject once, see `listhub.mail.subject`; as it came if it is right."""
    tag = subject.Tag.read(
        context.custom_subject, name=context.name, sequence=context.sequence
    )
    if tag is None:
        return
    present = draft.headers.get("Subject")
    tagged = subject.tagged(present or b"", tag).encode()
    if tagged != present:
        draft.headers.replace("Subject", tagged)
