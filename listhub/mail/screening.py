"""What speaks against a message before anybody judges it: reasons, no decisions."""

import re
from dataclasses import dataclass

from listhub.mail import address, encoded_words
from listhub.mail.headers import Headers

# RFC 5322 sets no limits; these are far above any mail that a person's program wrote.
FIELD_LIMIT = 20_000
HEADER_LIMIT = 2**20  # octets

_AUTOMATES = re.compile(
    r"(?:mailer-daemon|sympa|listserv|majordomo|smartlist|mailman|listhub)(?:@|$)"
)
_ANSWERING_MACHINES = (
    ("Content-Identifier", re.compile(r"auto-?replied", re.IGNORECASE)),
    ("X400-Content-Identifier", re.compile(r"auto[ -]?reply to", re.IGNORECASE)),
)
_SHOWN = 80  # characters of a foreign value in a reason of ours
_LIST_ID = re.compile(r"<([^<>]*)>[^<>]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a post cannot be taken: an enhanced status and a sentence for its author."""

    enhanced: str
    reason: str


def author(headers: Headers) -> str | None:
    """Return the first address of the only From: field as written, or None."""
    fields = [field for field in headers.fields if field.name == b"from"]
    if len(fields) != 1:
        return None
    # A message with CR as its line end is one long field: what follows is not From.
    value = fields[0].raw.partition(b":")[2].replace(b"\r\n", b" ")
    found = address.mailboxes(value.partition(b"\r")[0].replace(b"\0", b" "))
    return found[0][1] if found else None


def screen_post(headers: Headers) -> Fault | None:
    """Return what makes a message no post: its author cannot be told, or its size."""
    count = len(headers.all("From"))
    if not count:
        return _fault("The message has no From: field: add one with your address.")
    if count > 1:
        # RFC 5322 §3.6; which of them a reader is shown is anybody's guess.
        return _fault(f"The message has {count} From: fields: send it with one.")
    if author(headers) is None:
        return _fault("The From: field holds no address: put yours there.")
    if len(headers.fields) > FIELD_LIMIT:
        return _fault(f"The message has more than {FIELD_LIMIT} header fields.")
    if headers.body_offset > HEADER_LIMIT:
        return _fault(f"The message's header is longer than {HEADER_LIMIT} bytes.")
    return None


def automatic(headers: Headers) -> str | None:
    """Return why a message is the work of a program (RFC 3834 §5), or None."""
    for value in headers.all("Auto-Submitted"):
        text = address.strip_comments(encoded_words.plain(value))
        keyword = text.partition(";")[0].strip().lower()
        if keyword not in {"", "no"}:
            return f"Auto-Submitted: {keyword[:_SHOWN]}"
    for name, mark in _ANSWERING_MACHINES:
        for value in headers.all(name):
            if mark.search(encoded_words.plain(value)):
                return f"{name} of an answering machine"
    sender = address.key(author(headers) or "")
    return f"From: {sender[:_SHOWN]}" if _AUTOMATES.match(sender) else None


def loop(headers: Headers, list_address: str) -> str | None:
    """Return which mark shows that the message has been through this list, or None."""
    own = address.key(list_address)
    if any(own == _key(value) for value in headers.all("X-Loop")):
        return f"X-Loop: {own}"
    own_id = own.replace("@", ".")  # RFC 2919 §3, as our list_headers write it
    for value in headers.all("List-Id"):
        match = _LIST_ID.search(value.decode(errors="replace"))
        if match and address.key(match[1]) == own_id:
            return f"List-Id: <{own_id}>"
    return None


def _key(value: bytes) -> str:
    return address.key(encoded_words.plain(value))


def _fault(reason: str) -> Fault:
    return Fault(enhanced="5.6.0", reason=reason)
