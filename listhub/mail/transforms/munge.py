"""Put the list into From: where the author's domain would have the copy refused."""

from listhub.mail import munge
from listhub.mail.draft import Draft
from listhub.mail.transforms.context import TransformContext


def apply(draft: Draft, context: TransformContext) -> None:
    """Do what was decided, see `listhub.mail.munge`."""
    if context.munge is not None:
        munge.rewrite(draft.headers, context.munge)
