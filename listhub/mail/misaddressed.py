"""Commands that were sent to the list itself: "unsubscribe dev" to all its members.

Only short mail is looked at, and only commands that nobody begins a post with.
"""

import re

from listhub.mail import mime
from listhub.mail.draft import Draft
from listhub.mail.mime import Part

#: What such a mail begins with; its subject must be that and nothing else.  A key that
#: goes to a list would be everybody's.
COMMANDS = (
    r"(?:subscribe|unsubscribe|signoff)\s+\S+|set\s+\S+\s+(?:mail|nomail|digest)\b"
    r"|(?:quiet\s+)?(?:(?:dis|distribute|rej|reject)\s+\S+|con|confirm|auth)"
    r"\s+[0-9a-f]{32}\b.{0,80}"
)

#: A body of more lines is a post that happens to begin like a command.
MOST_LINES = 5

_KEY = re.compile(r"\b[0-9a-f]{32}\b", re.IGNORECASE)
_LONGEST = 10_000  # characters of a body that may be so short
_SHOWN = 80


def command(draft: Draft, *, pattern: str = COMMANDS) -> str | None:
    """Return the command that a post to a list is, or None if it is a post.

    Without the key that it may have: what is returned is told and written down.
    """
    compiled = re.compile(rf"\s*(?:{pattern})\s*", re.IGNORECASE)
    subject = draft.headers.text("Subject")[:_SHOWN]
    match = compiled.fullmatch(subject) or compiled.match(_first_line(draft))
    return _KEY.sub("…", match[0]).strip()[:_SHOWN] if match else None


def _first_line(draft: Draft) -> str:
    """Return the first line with text of a short body, "" if it is not short."""
    part = _readable(mime.parse(draft))
    text = part.text if part and len(part.body) <= _LONGEST else None
    lines = [line for line in (text or "").splitlines() if line.strip()]
    return lines[0] if lines and len(lines) <= MOST_LINES else ""


def _readable(message: Part) -> Part | None:
    """Return the first plain text that is no attachment."""
    plain = (
        part
        for part in message.walk()
        if part.kind == "text/plain" and not part.children and not part.is_attachment
    )
    return next(plain, None)
