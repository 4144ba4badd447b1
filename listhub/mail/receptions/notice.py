"""Reception `notice`: the header tells that there is a post, the archive has it."""

from listhub.mail.draft import Draft
from listhub.mail.receptions.options import Options
from listhub.mail.receptions.single import without_content_fields


def apply(draft: Draft, _: Options) -> None:
    """Leave no body, and no field that speaks of one."""
    without_content_fields(draft)
    draft.body = b""
