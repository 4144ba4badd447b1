"""Digests: many posts in one mail, as MIME, as plain text, or as a list of links.

Each writer gives a draft with Subject and body.  Who it is from and to, its date and the
fields of the list are the caller's, who sends it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from listhub.mail.digest import index, multipart, plain
from listhub.mail.digest.issue import Entry, Issue
from listhub.mail.draft import Draft

__all__ = ["WRITERS", "Entry", "Issue"]

#: By the name of the reception.
WRITERS: Mapping[str, Callable[[Issue], Draft]] = MappingProxyType(
    {
        "digest": multipart.write,
        "digest_text": plain.write,
        "index": index.write,
    }
)
