"""The Message-ID of a post: what threads, duplicates and traces are known by."""

import re

from listhub.mail import encoded_words
from listhub.mail.headers import Headers

LIMIT = 995  # octets: with "<>" and a blank before it on a line of its own

_BRACKETED = re.compile(r"<([^<>]*)>")


def message_id(headers: Headers) -> str:
    """Return the text between the brackets without blanks, at most 995 octets.

    The whole value if it has none (the stdlib raises on some that are common), ""
    without such a field; two posts are the same if this is.
    """
    value = encoded_words.plain(headers.get("Message-ID") or b"")
    bracketed = _BRACKETED.search(value)
    text = "".join((bracketed[1] if bracketed else value).split())
    return text.encode()[:LIMIT].decode(errors="ignore")
