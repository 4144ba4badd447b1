"""What receptions are called in mail: the words of SET, Sympa's, which people know."""

from collections.abc import Mapping

from listhub.lists.options import NOT_ME

#: The first word of a reception is the one that we use ourselves.
RECEPTIONS: Mapping[str, tuple[str, ...]] = {
    "each": ("MAIL", "EACH", "NORMAL"),
    "digest": ("DIGEST",),
    "digest_text": ("DIGESTPLAIN",),
    "index": ("SUMMARY",),
    "notice": ("NOTICE",),
    "text": ("TXT",),
    "html": ("HTML",),
    "urlize": ("URLIZE",),
    "none": ("NOMAIL",),
    NOT_ME: ("NOT_ME",),
}


def word_for(reception: str, *, own_posts: bool = True) -> str:
    """Return the word for a reception."""
    mode = NOT_ME if reception == "each" and not own_posts else reception
    return RECEPTIONS[mode][0]
