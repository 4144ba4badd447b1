"""Mark a copy as list mail: loop guard, number, sender, precedence."""

from listhub.mail.draft import Draft
from listhub.mail.transforms.context import TransformContext


def apply(draft: Draft, context: TransformContext) -> None:
    """Add Sympa's marks; earlier X-Loop fields stay, they are other lists' guards."""
    headers = draft.headers
    headers.add("X-Loop", context.address)
    headers.add("X-Sequence", str(context.sequence))
    headers.replace("Errors-To", f"{context.name}-owner@{context.domain}")
    headers.remove("Precedence")
    # Two, as Sympa sends them: some vacation programs know only one of the words.
    headers.add("Precedence", "list")
    headers.add("Precedence", "bulk")
    # RFC 5322 §3.6.2: Sender is who transmitted it, and that is the list now.
    headers.replace("Sender", f"{context.name}-request@{context.domain}")
    headers.remove("Resent-Sender")
    headers.replace("X-no-archive", "yes")
