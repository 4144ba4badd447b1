"""The plain digest: one text that programs can take apart again (RFC 1153)."""

import re
from collections.abc import Iterator

from listhub.i18n.text import N_, Text
from listhub.mail import mime
from listhub.mail.digest.index import contents, masthead
from listhub.mail.digest.issue import Entry, Issue, as_draft, text_part
from listhub.mail.draft import Draft
from listhub.mail.encoded_words import safe
from listhub.mail.receptions.single import make_single, readable

_AFTER_PREAMBLE = "-" * 70  # RFC 1153 §2
_BETWEEN = "-" * 30
_SEPARATOR = re.compile(r"-{30,}\s*")
#: What is kept of a post's header, in this order; the last ones are what replies need.
_KEPT = (
    "Date", "From", "To", "Cc", "Subject", "Message-ID", "Reply-To", "In-Reply-To",
    "References",
)  # fmt: skip
_LONGEST_VALUE = 2000  # characters
_END = N_("End of %(title)s")


def write(issue: Issue) -> Draft:
    """Return a mail with the text of each post; what is no text is named."""
    blocks = [masthead(issue) + contents(issue) + "\n" + _AFTER_PREAMBLE]
    blocks += [_message(issue, entry) for entry in issue.entries]
    if issue.footer.strip():
        blocks.append("\n".join(_lines(issue.footer)) + f"\n\n{_BETWEEN}")
    end = Text(_END, title=issue.title).into(issue.language)
    blocks.append(f"{end}\n{'*' * len(end)}\n")
    text = "\n\n".join(blocks)
    return as_draft(text_part(text, newline=issue.newline, headers=issue.headers()))


def _message(issue: Issue, entry: Entry) -> str:
    head = [
        f"{name}: {entry.headers.text(name)[:_LONGEST_VALUE]}"
        for name in _KEPT
        if entry.headers.get(name)
    ]
    draft = Draft(headers=entry.headers.copy(), body=entry.body)
    make_single(draft, "text/plain", language=issue.language)
    body = _lines(readable(mime.parse(draft)))
    return "\n".join([*head, "", *body, "", *issue.links(entry), "", _BETWEEN])


def _lines(text: str) -> Iterator[str]:
    """Give the lines of a text; none looks like a line between posts."""
    for line in text.strip("\r\n").splitlines():
        shown = safe(line.expandtabs())
        yield f" {shown}" if _SEPARATOR.fullmatch(shown) else shown
