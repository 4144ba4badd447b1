"""What the subjects of a post and of its answers have in common."""

import re

from listhub.mail.subject import REPLIES

_REPLY = rf"(?:{'|'.join(re.escape(word) for word in REPLIES)})"
_PREFIX = re.compile(
    # Re[2]: counts, as some programs do; the wide colon is of East Asia.
    rf"\s*+(?:(?P<reply>{_REPLY}(?:\s*(?:\[\d+\]|\(\d+\)|[\^*]\d+))?\s*[:：])"  # noqa: RUF001
    r"|\[[^\[\]]{1,60}\])",  # a list's tag
    re.IGNORECASE,
)
_LONGEST = 200  # characters; an index holds them


def stem_of(subject: str) -> tuple[str, bool]:
    """Return a subject without tags and reply words, and whether there were such words.

    Case and blanks do not count.
    """
    position, answers = 0, False
    while match := _PREFIX.match(subject, position):
        answers = answers or bool(match["reply"])
        position = match.end()
    stem = " ".join(subject[position:].casefold().split())
    return stem[:_LONGEST].rstrip(), answers
