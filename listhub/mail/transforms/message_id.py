"""Give a Message-ID to a post that came without one."""

from listhub.mail import message_id
from listhub.mail.draft import Draft
from listhub.mail.transforms.context import TransformContext


def apply(draft: Draft, context: TransformContext) -> None:
    """Add the field if it is missing: threads and duplicate checks stand on it.

    RFC 5322 §3.6.4: every message should have one; one that is there stays.
    """
    if not message_id.message_id(draft.headers):
        draft.headers.replace("Message-ID", f"<{context.message_id}>")
