"""What a list does to a post: one function a module, in two ordered tables.

A transform changes headers in place and decides nothing.  What no transform touched
leaves byte for byte as it came.  To add one: a module here, a line below.
"""

from collections.abc import Callable

from listhub.mail.headers import Headers
from listhub.mail.transforms import (
    archived_at,
    custom_headers,
    list_headers,
    list_marks,
    message_id,
    reply_to,
    strip_headers,
)
from listhub.mail.transforms.context import TransformContext

__all__ = ["INCOMING", "OUTGOING", "Transform", "TransformContext", "transform"]

Transform = Callable[[Headers, TransformContext], None]

#: Before anything is added, so that nothing of ours is stripped again.
INCOMING: tuple[Transform, ...] = (
    strip_headers.apply,
    message_id.apply,
)

#: In Sympa's order, which mail filters of users rely on.
OUTGOING: tuple[Transform, ...] = (
    reply_to.apply,
    list_marks.apply,
    # After our marks, so that an owner may see them; before List-*, which stay ours.
    custom_headers.apply,
    list_headers.apply,
    # Last: it names the post by its final Message-ID.
    archived_at.apply,
)


def transform(headers: Headers, context: TransformContext) -> Headers:
    """Return a copy of the headers as the recipients get them."""
    changed = headers.copy()
    for step in (*INCOMING, *OUTGOING):
        step(changed, context)
    return changed
