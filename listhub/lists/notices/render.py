"""A notice as a whole message: header, text, HTML, what is attached."""

import dataclasses
import re
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any, TypeVar

from listhub import clock
from listhub.lists.notices.notice import Audience, Notice, Place
from listhub.lists.notices.words import Fault, Own, Words, nothing_own, write
from listhub.mail import compose, encoded_words
from listhub.mail.dsn import DsnRecipient, compose_dsn
from listhub.mail.headers import Headers

V = TypeVar("V")

# The others say what became of a mail for good.
_DELAYED = "4.3.0"
_ID = re.compile(r"[!-;=?-~]{1,900}", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The mail that a notice is about, or that it answers."""

    #: Where it was sent to.
    recipient: str = ""
    message_id: str = ""
    #: RFC 3464: its header goes back with a report.
    header: bytes = b""
    #: Another status than the notice's own, "" for none.
    status: str = ""
    #: The reason in one sentence, for machines that read reports.
    diagnostic: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMail:
    """A message ready to be sent under a null reverse-path."""

    message_id: str
    raw: bytes
    #: Texts of the owners' own that could not be used.
    faults: tuple[Fault, ...]


def render(
    notice: Notice[V],
    values: V,
    *,
    place: Place,
    to: str,
    language: str,
    own: Own = nothing_own,
    attached: Sequence[bytes] = (),
    original: Original | None = None,
    trace: uuid.UUID | None = None,
) -> RenderedMail:
    """Return a notice as a message to one address; ValueError if that is none.

    `attached` are whole messages; `original` is what a report is about or what is
    answered.
    """
    words = write(notice, values, place=place, language=language, own=own)
    message_id = _message_id(notice, place, trace)
    now = clock.now()
    if notice.status:
        raw = _report(
            notice,
            words,
            original or Original(),
            place=place,
            to=to,
            message_id=message_id,
            date=now,
            language=language,
        )
    else:
        head = _head(notice, words, place=place, to=to, message_id=message_id, date=now)
        _answer_to(head, original)
        head.add("MIME-Version", "1.0")
        parts = _parts(words, attached, language=language, seed=message_id)
        # The part's own fields end the header: an empty line is in it.
        raw = head.to_bytes().removesuffix(b"\r\n") + parts
    return RenderedMail(message_id=message_id, raw=raw, faults=words.faults)


def _message_id(notice: Notice[Any], place: Place, trace: uuid.UUID | None) -> str:
    return (
        f"{notice.name}.{trace or uuid.uuid4()}.{secrets.token_hex(4)}@{place.domain}"
    )


def _sender(notice: Notice[Any], place: Place) -> tuple[str, str]:
    """Return the name and the address that a notice comes from."""
    if notice.audience is Audience.LISTMASTERS:
        return "ListHub", place.listmasters
    if not place.list:
        return place.domain, place.commands
    return place.list, place.owners


def _head(
    notice: Notice[Any],
    words: Words,
    *,
    place: Place,
    to: str,
    message_id: str,
    date: datetime,
) -> Headers:
    head = Headers()
    head.add("From", compose.mailbox(*_sender(notice, place)))
    head.add("To", compose.mailbox("", to))
    head.add("Subject", encoded_words.encode(words.subject))
    head.add("Date", format_datetime(date))
    head.add("Message-ID", f"<{message_id}>")
    if notice.to_commands:
        head.add("Reply-To", compose.mailbox("", place.commands))
    head.add("Auto-Submitted", notice.auto_submitted)  # RFC 3834 §5
    if notice.auto_submitted == "auto-generated":
        # RFC 3834 §2: responders that do not know the field above look at this one.
        head.add("Precedence", "bulk")
    head.add("X-Loop", place.list_address or place.commands)
    if place.list:
        head.add("List-Id", f"<{place.list}.{place.domain}>")  # RFC 2919
    return head


def _answer_to(head: Headers, original: Original | None) -> None:
    """Tie an answer to what it answers (RFC 5322 §3.6.4, RFC 3834 §3.1.5)."""
    if original and _ID.fullmatch(original.message_id):
        head.add("In-Reply-To", f"<{original.message_id}>")
        head.add("References", f"<{original.message_id}>")


def _parts(
    words: Words, attached: Sequence[bytes], *, language: str, seed: str
) -> bytes:
    part = compose.text_part(words.text, language=language)
    if words.html:
        html = compose.text_part(words.html, subtype="html", language=language)
        part = compose.multipart("alternative", [part, html], seed=seed)
    if not attached:
        return part
    return compose.multipart(
        "mixed", [part, *map(compose.message_part, attached)], seed=seed
    )


def _report(
    notice: Notice[Any],
    words: Words,
    original: Original,
    *,
    place: Place,
    to: str,
    message_id: str,
    date: datetime,
    language: str,
) -> bytes:
    status = original.status or notice.status
    return compose_dsn(
        sender=_sender(notice, place)[1],
        to=to,
        reporting_mta=place.domain,
        message_id=message_id,
        date=date,
        text=words.text,
        language=language,
        subject=words.subject,
        recipients=[
            DsnRecipient(
                address=original.recipient or place.list_address or place.commands,
                action=_action(status),
                status=status,
                diagnostic=original.diagnostic,
            )
        ],
        original_headers=original.header,
        loop=place.list_address or place.commands,
    )


def _action(status: str) -> str:
    """Return what RFC 3464 §2.3.3 calls what happened."""
    if status == _DELAYED:
        return "delayed"
    return "delivered" if status.startswith("2.") else "failed"
