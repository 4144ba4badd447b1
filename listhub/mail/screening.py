"""What speaks against a message before anybody judges it: reasons, no decisions."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from listhub.mail import address, encoded_words, parts
from listhub.mail.headers import Headers

# RFC 5322 sets no limits; these are far above any mail that a person's program wrote.
FIELD_LIMIT = 20_000
HEADER_LIMIT = 2**20  # octets

#: What the local part of an automate's address is, if a site does not say otherwise.
AUTOMATES = "mailer-daemon|sympa|listserv|majordomo|smartlist|mailman|listhub"

#: Fields that only programs write, and what they say then.
_MARKS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "Content-Identifier",
        re.compile(r"auto-?replied", re.IGNORECASE),
        "Content-Identifier of an answering machine",
    ),
    (
        "X400-Content-Identifier",
        re.compile(r"auto[ -]?reply to", re.IGNORECASE),
        "X400-Content-Identifier of an answering machine",
    ),
    # Not "bulk" or "list": posts from other lists say so, and people wrote them.
    (
        "Precedence",
        re.compile(r"auto[_-]?reply\s*\Z", re.IGNORECASE),
        "Precedence: auto_reply",
    ),
    *(
        (name, re.compile(r"\A\s*(?!no\s*\Z)\S", re.IGNORECASE), name)
        for name in (
            "X-Autoreply",
            "X-Autorespond",
            "X-AutoReply-From",
            "X-Mail-Autoreply",
        )
    ),
)
_REPORTS = frozenset({"multipart/report", "message/delivery-status"})
#: Fields of lists (RFC 2369, RFC 2919): an answer would go to all of their members.
_OF_LISTS = ("List-Id", "List-Post", "List-Unsubscribe", "List-Help", "Mailing-List")
#: What X-Auto-Response-Suppress may name without it concerning us: receipts.
_NEVER_SENT = frozenset({"", "none", "dr", "rn", "nrn"})
_BULK = re.compile(r"\s*(?:bulk|list|junk|auto[_-]?reply)\s*\Z", re.IGNORECASE)
_SHOWN = 80  # characters of a foreign value in a reason of ours
_LIST_ID = re.compile(r"<([^<>]*)>[^<>]*\Z")
_MAILTO = re.compile(r"<\s*mailto:([^<>?]*)", re.IGNORECASE)


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


def automatic(
    headers: Headers, *, reverse_path: str | None = None, automates: str = AUTOMATES
) -> str | None:
    """Return why a message is the work of a program (RFC 3834 §5), or None.

    `reverse_path` is "" for reports, None if it is not known; `automates` is a pattern
    for local parts, anchored at both ends.
    """
    if reverse_path == "":
        return "a null reverse-path"
    for value in headers.all("Auto-Submitted"):
        text = address.strip_comments(encoded_words.plain(value))
        keyword = text.partition(";")[0].strip().lower()
        if keyword not in {"", "no"}:
            return f"Auto-Submitted: {keyword[:_SHOWN]}"
    kind = parts.content_type(headers)[0]
    if kind in _REPORTS:
        return f"Content-Type: {kind}"
    for name, mark, reason in _MARKS:
        if any(mark.search(encoded_words.plain(value)) for value in headers.all(name)):
            return reason
    sender = address.key(author(headers) or "")
    found = re.match(rf"(?:{automates})(?:@|\Z)", sender)
    return f"From: {sender[:_SHOWN]}" if found else None


def unanswerable(headers: Headers, *, reverse_path: str | None = None) -> str | None:
    """Return why nothing may answer a message by itself (RFC 3834 §2), or None.

    More than `automatic`: what came over a list, or asks for no answers, is for people
    to answer.
    """
    if reason := automatic(headers, reverse_path=reverse_path):
        return reason
    for name in _OF_LISTS:
        if headers.get(name) is not None:
            return f"{name}: it came over a list"
    if any(_BULK.match(encoded_words.plain(v)) for v in headers.all("Precedence")):
        return "Precedence: it went to many"
    suppressed = headers.text("X-Auto-Response-Suppress").lower()
    unwanted = {word.strip() for word in suppressed.split(",")} - _NEVER_SENT
    if unwanted:
        return f"X-Auto-Response-Suppress: {suppressed.strip()[:_SHOWN]}"
    return None


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
    for value in headers.all("List-Post"):
        match = _MAILTO.search(encoded_words.plain(value))
        if match and address.key(unquote(match[1])) == own:
            return f"List-Post: <mailto:{own}>"
    return None


def _key(value: bytes) -> str:
    return address.key(encoded_words.plain(value))


def _fault(reason: str) -> Fault:
    return Fault(enhanced="5.6.0", reason=reason)
