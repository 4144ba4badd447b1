"""Reception `html`: the post as one page, with the pictures in it."""

from listhub.mail.draft import Draft
from listhub.mail.receptions.options import Options
from listhub.mail.receptions.single import make_single


def apply(draft: Draft, options: Options) -> None:
    """Leave HTML with what it shows, or plain text if there is none."""
    make_single(draft, "text/html", language=options.language)
