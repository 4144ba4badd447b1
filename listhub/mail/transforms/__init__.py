"""What a list does to a post: one function a module, in three ordered tables.

A transform changes a draft in place and decides nothing.  What no transform touched
leaves byte for byte as it came.  To add one: a module here, a line below, a line in
docs/reference/transforms.md, which has the reasons for the order.
"""

from listhub.mail.transforms import (
    anonymise,
    archived_at,
    custom_headers,
    list_headers,
    list_id,
    list_marks,
    message_id,
    munge,
    remove_headers,
    remove_outgoing_headers,
    reply_to,
    subject_tag,
    topic_mark,
)
from listhub.mail.transforms.context import TransformContext
from listhub.mail.transforms.step import Change, Step, Transform, run

__all__ = [
    "INCOMING",
    "LEAVING",
    "OUTGOING",
    "Change",
    "Step",
    "Transform",
    "TransformContext",
    "run",
]

#: Before the archive: what it keeps and everybody sees alike.
INCOMING: tuple[Step, ...] = (
    Step(
        name="topic_mark",
        about="Names the topics of the post.",
        apply=topic_mark.apply,
    ),
    # Before the subject and the Message-ID: it makes both those of a list's own post.
    Step(
        name="anonymise",
        about="Hides who wrote the post, where the list promises so.",
        apply=anonymise.apply,
    ),
    Step(
        name="subject_tag",
        about="Puts the list's tag into the subject.",
        apply=subject_tag.apply,
    ),
    # Before OUTGOING, so that nothing that we add for good is stripped again.
    Step(
        name="remove_headers",
        about="Removes the fields that the list does not pass on.",
        apply=remove_headers.apply,
    ),
    # Last: whatever was removed above, a post has a Message-ID in the archive.
    Step(
        name="message_id",
        about="Gives a Message-ID to a post that has none.",
        apply=message_id.apply,
    ),
)

#: After the archive, for copies and digests; Sympa's order, which mail filters rely on.
OUTGOING: tuple[Step, ...] = (
    # First: it looks at the From and Reply-To that came.
    Step(
        name="reply_to",
        about="Sends replies where the list wants them.",
        apply=reply_to.apply,
    ),
    Step(
        name="list_marks",
        about="Marks the copy as list mail: loop guard, number, sender, precedence.",
        apply=list_marks.apply,
    ),
    # After our marks, so that an owner may add to them; before List-*, which stay ours.
    Step(
        name="custom_headers",
        about="Adds the fields that the list's owner wants.",
        apply=custom_headers.apply,
    ),
    Step(
        name="list_id",
        about="Names the list by its List-Id, in the place of any other.",
        apply=list_id.apply,
    ),
    Step(
        name="list_headers",
        about="Replaces List-* by what this list offers.",
        apply=list_headers.apply,
    ),
    # After whatever gave the post its final Message-ID.
    Step(
        name="archived_at",
        about="Says where the archive keeps the post.",
        apply=archived_at.apply,
    ),
    # Last: an owner may take away also what we have added.
    Step(
        name="remove_outgoing_headers",
        about="Removes fields that the list does not send, ours too.",
        apply=remove_outgoing_headers.apply,
    ),
)

#: For copies alone: in a digest the digest's own From counts, and authors stay.
LEAVING: tuple[Step, ...] = (
    # After reply_to: a Reply-To that the list has set stays.
    Step(
        name="munge",
        about="Puts the list into From, where DMARC would have the copy refused.",
        apply=munge.apply,
    ),
)
