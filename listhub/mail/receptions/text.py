"""Reception `text`: the post as one plain text."""

from listhub.mail.draft import Draft
from listhub.mail.receptions.options import Options
from listhub.mail.receptions.single import make_single


def apply(draft: Draft, options: Options) -> None:
    """Leave plain text, made of the HTML if there is no other; name what is left out."""
    make_single(draft, "text/plain", language=options.language)
