"""What the archive knows of a post: read off its bytes, the same at every import."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from listhub.archive import texts
from listhub.archive.stems import stem_of
from listhub.mail import encoded_words, message_id, mime, screening
from listhub.mail.address import mailboxes
from listhub.mail.headers import Headers
from listhub.mail.transforms.context import permalink

#: References that are kept: the first, and the nearest.  A hostile field has thousands.
MOST_REFERENCES = 20

#: What the Message-ID that we give to a post without one ends in.
NAMELESS = "@without-message-id.invalid"

_LONGEST = 500  # characters of a name or a subject that are kept beside the body
_NAMED = re.compile(r"<([^<>\s]{1,995})>")
_LONGEST_FIELD = 100_000
#: Mail is older than this only by a wrong clock.
_EPOCH = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filing:
    """One post as the archive knows it; its bytes are the body."""

    list_id: int
    message_id: str
    sequence: int | None
    sent_at: datetime
    author: str
    subject: str
    body_id: int
    trace: uuid.UUID
    author_name: str = ""
    size: int = 0  #: octets
    attachments: int = 0
    #: Permalinks of the posts that it names, that of the nearest last.
    refs: tuple[str, ...] = ()
    stem: str = ""
    #: Whether it is an answer that only its subject tells what to.
    answers: bool = False
    #: What is searched in: the text to be read, and the names of files.
    content: str = ""
    files: tuple[str, ...] = ()
    encrypted: bool = False
    #: That of the list, by which its words are stemmed.
    language: str = "en"

    @property
    def permalink(self) -> str:
        """What its address ends in, now and after every import."""
        return permalink(self.message_id)


def identify(raw: bytes, headers: Headers | None = None) -> str:
    """Return the Message-ID; for a post without one, one that its bytes give."""
    found = message_id.message_id(headers or Headers.parse(raw))
    digest = hashlib.sha256(raw).hexdigest()
    return found or digest[:32] + NAMELESS


def read(
    raw: bytes,
    *,
    list_id: int,
    body_id: int,
    trace: uuid.UUID,
    received_at: datetime,
    sequence: int | None = None,
    sent_at: datetime | None = None,
    known_as: str = "",
    language: str = "en",
) -> Filing:
    """Return the filing of any bytes.

    `sent_at` and `known_as`: its date and its Message-ID where these are settled.  Else
    its date is that of its header, or `received_at` if that says nothing sane.
    """
    tree = mime.parse(raw)
    headers = tree.headers
    text = texts.read(tree)
    subject = _storable(headers.text("Subject"))[:_LONGEST]
    own = known_as or identify(raw, headers)
    refs = references(headers, own=own)
    stem, is_answer = stem_of(subject)
    return Filing(
        list_id=list_id,
        message_id=own,
        sequence=sequence,
        sent_at=sent_at or date_of(headers, received_at),
        author=_storable(screening.author(headers) or ""),
        author_name=_storable(_author_name(headers)),
        subject=subject,
        body_id=body_id,
        trace=trace,
        size=len(raw),
        attachments=len(text.files),
        refs=refs,
        stem=stem,
        answers=is_answer and not refs and bool(stem),
        content=text.content,
        files=text.files,
        encrypted=texts.is_encrypted(tree),
        language=language,
    )


def references(headers: Headers, *, own: str) -> tuple[str, ...]:
    """Return the permalinks of what a post answers, the nearest last (RFC 5322 §3.6.4).

    In-Reply-To stands nearest unless References has it; some programs put words there.
    """
    named: dict[str, None] = {}
    for field in ("References", "In-Reply-To"):
        value = encoded_words.plain((headers.get(field) or b"")[:_LONGEST_FIELD])
        for match in _NAMED.finditer(value):
            named.setdefault(match[1])
    named.pop(own, None)
    found = list(named)
    if len(found) > MOST_REFERENCES:
        found = [found[0], *found[1 - MOST_REFERENCES :]]
    return tuple(permalink(each) for each in found)


def date_of(headers: Headers, received_at: datetime) -> datetime:
    """Return the Date of the message, or when it came if that says nothing sane."""
    try:
        date = parsedate_to_datetime(headers.text("Date"))
        # "-0000" gives a naive value: UTC by RFC 5322 §3.3.
        sent = (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return received_at
    return min(sent, received_at) if sent > _EPOCH else received_at


def _author_name(headers: Headers) -> str:
    found = mailboxes((headers.get("From") or b"")[:_LONGEST_FIELD])
    return encoded_words.safe(found[0][0])[:_LONGEST] if found else ""


def _storable(text: str) -> str:
    # NUL cannot be stored as text; the body keeps it.
    return text.replace("\0", "").encode(errors="replace").decode()
