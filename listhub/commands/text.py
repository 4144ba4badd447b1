"""The text of a command mail: the lines that its author wrote, without what was quoted.

Quoted lines never count, though Sympa reads them: whoever answers a mail that says
"SIGNOFF dev to leave" would leave.
"""

import re
from collections.abc import Iterator

from listhub.mail import mime
from listhub.mail.html_text import html_to_text
from listhub.mail.mime import Part

#: Lines of a mail that are looked at, and characters of one that may be a command.
MOST_LINES, LONGEST_LINE = 500, 500

#: What opens an answer to somebody else's words, in a word or a few.
_QUOTE = re.compile(r"\s*(?:[>|]|[A-Za-z]{1,3}>)")
_SIGNATURE = re.compile(r"--\s*")  # RFC 3676 §4.3; many programs lose the blank
_COMMENT = re.compile(r"\s*#")
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))
#: Octets of text that are decoded: far more than the lines that are looked at.
_MOST_OCTETS = 1_000_000


def of_mail(raw: bytes) -> str | None:
    """Return the first plain text that is no attachment, else HTML as text, or None."""
    leaves = [part for part in mime.parse(raw).walk() if _is_read(part)]
    for kind, written in (("text/plain", str), ("text/html", html_to_text)):
        for part in leaves:
            if part.kind == kind:
                return written(_decoded(part))
    return None


def lines(text: str) -> Iterator[str]:
    """Give what may be commands: no quotes, comments, empty lines; up to a signature."""
    for line in text.splitlines()[:MOST_LINES]:
        if _SIGNATURE.fullmatch(line):
            return
        if _QUOTE.match(line) or _COMMENT.match(line):
            continue
        written = clean(line)
        if written:
            yield written


def clean(line: str) -> str:
    """Return a line with single blanks, without what cannot be seen."""
    return " ".join(line.translate(_INVISIBLE).replace("\0", " ").split())


def _is_read(part: Part) -> bool:
    return not part.children and not part.is_attachment


def _decoded(part: Part) -> str:
    found = part.text if len(part.body) <= _MOST_OCTETS else None
    if found is not None:
        return found
    # A charset that nobody knows, or octets that it does not allow: commands are
    # ASCII, and a name that cannot be read is shown as it can.
    octets = part.content or part.body
    return octets[:_MOST_OCTETS].decode("utf-8", "replace")
