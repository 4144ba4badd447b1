"""Complaints: abuse reports (RFC 5965), also as RFC 9477 asks for them, XARF, Outlook's.

A complaint names its author seldom and never safely: what it says of the recipient is
left out where it has been made unreadable (RFC 6590), and whose copy it was is for the
tokens in the embedded header to tell.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from listhub.mail import encoded_words
from listhub.mail.address import mailboxes
from listhub.mail.bounce import original
from listhub.mail.bounce.anatomy import Anatomy
from listhub.mail.bounce.report import Feedback, Recognised, Reported
from listhub.mail.headers import Headers

_MOST = 20  # addresses of one complaint
_LONGEST_JSON = 65_536  # octets
_SHOWN = 200  # characters of a foreign value
_OF_RECIPIENTS = ("Original-Rcpt-To", "Removal-Recipient", "Redacted-Address")
#: RFC 6590 leaves the form of what replaces a local part open; these are no mailboxes.
_REDACTED = re.compile(
    r"(?:[x*#.?_-]{3,}|.*redact.*|.*undisclosed.*|.*anonym.*|removed|hidden|withheld|masked"
    r"|user-?name|unknown|null|none|[0-9a-f]{32,}|[a-z0-9+/_-]{16,}={1,2})",
    re.IGNORECASE,
)
_NOWHERE = re.compile(r"(?:.*\.)?(?:invalid|redacted|[x*]+)", re.IGNORECASE)
_SPAM = frozenset({"spam", "messaging", "unsolicited"})


def read(mail: Anatomy) -> Recognised | None:
    """Return what a complaint says, None if the mail is none.

    One that somebody forwarded whole is read, too.
    """
    for candidate in (mail, mail.enclosed):
        if candidate is not None:
            found = _arf(candidate) or _xarf(candidate) or _outlook(candidate)
            if found is not None:
                return found
    return None


def _arf(mail: Anatomy) -> Recognised | None:
    part = mail.first("message/feedback-report")
    if part is None:
        return None
    fields = Headers.parse(part.content.lstrip(b"\r\n"))
    values = [value for name in _OF_RECIPIENTS for value in fields.all(name)]
    cfbl = any(block.get("CFBL-Address") for block in mail.returned)
    return _complaint(
        mail,
        detector="cfbl" if cfbl else "arf",
        feedback=Feedback(
            type=fields.text("Feedback-Type").strip().lower()[:_SHOWN],
            user_agent=fields.text("User-Agent").strip()[:_SHOWN],
            source_ip=fields.text("Source-IP").strip()[:_SHOWN],
        ),
        # RFC 5965 §3.2 writes both in angle brackets; without them is as common.
        addresses=map(encoded_words.plain, values),
        sender=encoded_words.plain(fields.get("Original-Mail-From") or b""),
    )


def _xarf(mail: Anatomy) -> Recognised | None:
    part = mail.first("application/json", "application/xarf+json")
    if part is None:
        return None
    try:
        document = json.loads(part.content[:_LONGEST_JSON])
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    # Version 4 has its fields at the top, versions before it under "Report".
    report = document.get("Report", document)
    if not isinstance(report, dict) or not (
        "xarf_version" in document or "ReportClass" in report or "ReportType" in report
    ):
        return None
    kind = _word(report, "type", "ReportType").lower()
    reporter = document.get("reporter", document.get("ReporterInfo"))
    return _complaint(
        mail,
        detector="xarf",
        feedback=Feedback(
            type="abuse" if kind in _SPAM else kind,
            user_agent=_word(reporter, "org", "ReporterOrg"),
            source_ip=_word(report, "source_identifier", "SourceIp"),
        ),
        addresses=[_word(report, "smtp_to", "SmtpRcptToAddress")],
        sender=_word(report, "smtp_from", "SmtpMailFromAddress"),
    )


def _outlook(mail: Anatomy) -> Recognised | None:
    """Outlook.com's programme: the mail itself with a field of its reader in it."""
    for block in mail.returned:
        value = block.get("X-HmXmrOriginalRecipient")
        if value is not None and mail.kind.startswith("multipart/"):
            return _complaint(
                mail,
                detector="jmrp",
                feedback=Feedback(type="abuse", user_agent="JMRP"),
                addresses=[encoded_words.plain(value)],
            )
    return None


def _complaint(
    mail: Anatomy,
    *,
    detector: str,
    feedback: Feedback,
    addresses: Iterable[str],
    sender: str = "",
) -> Recognised:
    named = [
        address
        for value in addresses
        for _, address in mailboxes(value[:1024])
        if not _is_redacted(address)
    ]
    return Recognised(
        kind="complaint",
        reason=f"{detector}: {feedback.type or 'no type'}",
        recipients=tuple(
            Reported(address=address, detector=detector)
            for address in list(dict.fromkeys(named))[:_MOST]
        ),
        feedback=feedback,
        original=original.read(mail.returned, sender=sender[:1024]),
    )


def _is_redacted(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    return bool(_REDACTED.fullmatch(local.strip('"')) or _NOWHERE.fullmatch(domain))


def _word(value: Any, *names: str) -> str:
    if not isinstance(value, dict):
        return ""
    found = (value.get(name) for name in names)
    word = next((each for each in found if isinstance(each, str)), "")
    return encoded_words.safe(word)[:_SHOWN]
