"""What members get of a post, by their reception: one function a module, in a table.

Each makes of a draft that copy, in place.  Signed and encrypted mail is delivered whole
in every reception but `notice`, which has no body at all.  To add one: a module here, a
line below.
"""

from collections.abc import Callable
from dataclasses import dataclass

from listhub.mail import mime
from listhub.mail.attachments import Attachment
from listhub.mail.draft import Draft
from listhub.mail.receptions import html, notice, text, urlize
from listhub.mail.receptions.options import Options

__all__ = [
    "RECEPTIONS",
    "RECEPTION_TRANSFORMS",
    "Attachment",
    "Options",
    "Reception",
    "adapt",
]

#: All modes of a subscription; those without a line below get posts as they are, or
#: digests, or nothing.
RECEPTIONS = (
    "each",
    "digest",
    "digest_text",
    "index",
    "notice",
    "text",
    "html",
    "urlize",
    "none",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """One line of the table; `about` is a sentence that people read."""

    name: str
    about: str
    apply: Callable[[Draft, Options], None]
    #: Whether signed and encrypted mail is left whole.
    spares_sealed: bool = True


RECEPTION_TRANSFORMS: tuple[Reception, ...] = (
    Reception(
        name="text",
        about="Leaves the text of the post, and names what is left out.",
        apply=text.apply,
    ),
    Reception(
        name="html",
        about="Leaves the HTML of the post with its pictures, or else the text.",
        apply=html.apply,
    ),
    Reception(
        name="urlize",
        about="Puts links in the place of large attachments.",
        apply=urlize.apply,
    ),
    Reception(
        name="notice",
        about="Leaves the header alone.",
        apply=notice.apply,
        spares_sealed=False,
    ),
)


def adapt(draft: Draft, reception: str, options: Options) -> None:
    """Make of a draft what members of a reception get; those without a line get all."""
    for line in RECEPTION_TRANSFORMS:
        if line.name == reception and not (line.spares_sealed and _sealed(draft)):
            line.apply(draft, options)


def _sealed(draft: Draft) -> bool:
    return any(part.is_sealed for part in mime.parse(draft.copy()).walk())
