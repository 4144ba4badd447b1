"""Reports of delivery (RFC 3464, 6533): written to senders, read from other systems.

Who gets one and under which envelope is the caller's: a report travels with the null
reverse-path, and none is sent in answer to it (RFC 5321 §6.1).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import blake2s
from itertools import islice

from listhub.mail import compose, encoded_words, parts
from listhub.mail.address import mailboxes, parse_addr_spec, strip_comments
from listhub.mail.headers import Headers

ORIGINAL_LIMIT = 65_536  # octets of the original's header that go back with a report

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_DEFAULT_STATUS = {"failed": "5.0.0", "delayed": "4.0.0"}  # RFC 3463 §2: x.0.0
_LONGEST_LINE = 998  # octets, RFC 5322 §2.1.1
_DIAGNOSTIC_LIMIT = 900  # characters
_DEEPEST = 10  # levels of multiparts around a report
_MOST_PARTS = 100  # of one multipart; a report has three
_BLANK_LINE = re.compile(rb"\n[ \t\r]*+\n")
_TYPED = re.compile(r"\s*([A-Za-z0-9-]+)\s*;\s*(.*)", re.DOTALL)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)", re.ASCII)
_SMTP_REPLY = re.compile(r"[245]\d\d[ -]", re.ASCII)
_XTEXT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")  # RFC 6533 §3


@dataclass(frozen=True, slots=True, kw_only=True)
class DsnRecipient:
    """What became of the mail for one recipient."""

    address: str  #: "" if the report names none that can be read
    action: str  #: failed, delayed, delivered, relayed, expanded; "" if not said
    status: str  #: the enhanced status, such as 5.1.1
    diagnostic: str = ""


def compose_dsn(
    *,
    sender: str,
    to: str,
    reporting_mta: str,
    message_id: str,
    date: datetime,
    text: str,
    recipients: Sequence[DsnRecipient],
    original_headers: bytes = b"",
    subject: str = "Delivery report",
    language: str = "",
    loop: str = "",
) -> bytes:
    """Return a report as a whole message with CRLF; raise ValueError on a bad address.

    `message_id` comes without its brackets, `original_headers` as a header block,
    `language` is that of `text`, and `loop`, if any, is what X-Loop is to say.
    """
    boundary = f"=_{blake2s(message_id.encode(), digest_size=16).hexdigest()}"
    head = Headers()
    head.add("From", _wire(sender))
    head.add("To", _wire(to))
    head.add("Subject", encoded_words.encode(subject))
    head.add("Date", format_datetime(date))
    head.add("Message-ID", f"<{message_id}>")
    head.add("Auto-Submitted", "auto-replied")  # RFC 3834 §5
    if loop:
        head.add("X-Loop", loop)
    head.add("MIME-Version", "1.0")
    head.add(
        "Content-Type",
        f'multipart/report; report-type=delivery-status; boundary="{boundary}"',
    )
    body = [_text_part(text, language), _status_part(reporting_mta, recipients)]
    if original_headers:
        body.append(_original_part(original_headers))
    delimiter = f"--{boundary}".encode()
    pieces = [delimiter + b"\r\n" + part + b"\r\n" for part in body]
    return b"".join([head.to_bytes(), *pieces, delimiter, b"--\r\n"])


def read_dsn(raw: bytes) -> tuple[DsnRecipient, ...]:
    """Return what a report says of each recipient, () if the mail is no report.

    Reports that somebody forwarded whole are read, reports inside a returned message
    are not.
    """
    for content in _status_contents(raw):
        found = tuple(_recipients(content))
        if found:
            return found
    return ()


def _wire(address: str) -> str:
    valid = parse_addr_spec(address)
    if valid is None:
        raise ValueError(f"not an address: {address!r}")
    return valid.ascii or valid.text


def _part(content: bytes, **fields: str) -> bytes:
    head = Headers()
    for name, value in fields.items():
        head.add(name.replace("_", "-"), value)
    return head.to_bytes() + content


def _text_part(text: str, language: str) -> bytes:
    lines = map(encoded_words.safe, text.split("\n"))
    return compose.text_part("\n".join(lines), language=language)


def _status_part(reporting_mta: str, recipients: Sequence[DsnRecipient]) -> bytes:
    block = Headers()
    block.add("Reporting-MTA", f"dns; {reporting_mta}")
    blocks = [block, *map(_recipient_block, recipients)]
    content = b"".join(each.to_bytes() for each in blocks)
    if content.isascii():
        return _part(content, Content_Type="message/delivery-status")
    # RFC 6533 §4: UTF-8 as it is, where an address or a text needs it.
    return _part(
        content,
        Content_Type="message/global-delivery-status",
        Content_Transfer_Encoding="8bit",
    )


def _recipient_block(recipient: DsnRecipient) -> Headers:
    address = encoded_words.safe(recipient.address)
    block = Headers()
    block.add(
        "Final-Recipient", f"{'rfc822' if address.isascii() else 'utf-8'}; {address}"
    )
    block.add("Action", encoded_words.safe(recipient.action))
    block.add("Status", encoded_words.safe(recipient.status))
    if recipient.diagnostic:
        diagnostic = encoded_words.safe(recipient.diagnostic)[:_DIAGNOSTIC_LIMIT]
        kind = "smtp" if _SMTP_REPLY.match(diagnostic) else "x-listhub"
        block.add("Diagnostic-Code", f"{kind}; {diagnostic}")
    return block


def _original_part(block: bytes) -> bytes:
    lines: list[bytes] = []
    room = ORIGINAL_LIMIT
    for field in Headers.parse(block).fields:
        own = [
            line.removesuffix(b"\r") for line in field.raw.rstrip(b"\n").split(b"\n")
        ]
        room -= len(field.raw)
        # No other hop has to cope with what is broken here (RFC 5321 §2.3.8).
        sound = not any(
            b"\r" in line or b"\0" in line or len(line) > _LONGEST_LINE for line in own
        )
        if sound and room >= 0:
            lines += own
    content = b"".join(line + b"\r\n" for line in lines)
    if content.isascii():
        return _part(content, Content_Type="text/rfc822-headers")
    try:
        content.decode()
        kind = "message/global-headers"  # RFC 6533 §6
    except UnicodeDecodeError:
        kind = "text/rfc822-headers"
    return _part(content, Content_Type=kind, Content_Transfer_Encoding="8bit")


def _status_contents(raw: bytes) -> Iterator[bytes]:
    """Give the contents of the delivery-status parts, in order, as deep as we look."""
    waiting = [(raw, 0, 1)]  # part, level, forwards that may still be opened
    while waiting:
        part, level, forwards = waiting.pop()
        headers = Headers.parse(part)
        body = part[headers.body_offset :]
        kind, _ = parts.content_type(headers)
        if kind in _STATUS_TYPES:
            yield parts.decoded(headers, body)
            continue
        if kind in parts.NESTED:
            forwards -= 1
        elif kind == "multipart/report":
            forwards = 0  # what it encloses is the mail that came back
        if level < _DEEPEST and forwards >= 0:
            inner = islice(parts.children(headers, body), _MOST_PARTS)
            waiting += [(child, level + 1, forwards) for child in inner][::-1]


def _recipients(content: bytes) -> Iterator[DsnRecipient]:
    for block in _BLANK_LINE.split(content):
        fields = Headers.parse(block.lstrip(b"\r\n"))
        original = fields.get("Original-Recipient")
        final = fields.get("Final-Recipient")
        if original is None and final is None:
            continue  # the block about the whole message
        diagnostic = _diagnostic(fields)
        action = strip_comments(fields.text("Action")).lower()
        yield DsnRecipient(
            address=_address(original or b"") or _address(final or b""),
            action=action,
            status=_status(fields, action=action, diagnostic=diagnostic),
            diagnostic=diagnostic,
        )


def _address(value: bytes) -> str:
    text = strip_comments(encoded_words.plain(value))
    typed = _TYPED.fullmatch(text)
    if typed:
        if typed[1].lower() not in {"rfc822", "utf-8"}:
            return ""
        text = typed[2]
    found = mailboxes(_XTEXT.sub(_character, text))
    return found[0][1] if found else ""


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if code <= 0x10FFFF else match[0]


def _diagnostic(fields: Headers) -> str:
    text = fields.text("Diagnostic-Code")
    typed = _TYPED.fullmatch(text)
    return (typed[2] if typed else text)[:_DIAGNOSTIC_LIMIT].strip()


def _status(fields: Headers, *, action: str, diagnostic: str) -> str:
    stated = _ENHANCED.search(strip_comments(fields.text("Status")))
    stated = stated or _ENHANCED.search(diagnostic)
    return stated[1] if stated else _DEFAULT_STATUS.get(action, "")
