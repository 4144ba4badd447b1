"""What kind of mail came back, and what it says: the one entrance to this room.

The order is one of authority.  A report in the standard form says what happened to whom
(RFC 3464); a complaint is one that says so (RFC 5965); answers of machines count for
nothing; what a server says in words of its own comes last, for it is a guess.
"""

from itertools import islice

from listhub.mail import dsn
from listhub.mail.bounce import (
    answers,
    classify,
    complaint,
    dialects,
    original,
    transcript,
)
from listhub.mail.bounce.anatomy import READ_LIMIT, Anatomy
from listhub.mail.bounce.report import Action, Recognised, Reported

MOST_RECIPIENTS = 500  # of one report; no packet of ours has more

_ACTIONS: tuple[tuple[str, Action], ...] = (
    ("fail", "failed"),
    ("error", "failed"),  # OpenSMTPD
    ("delay", "delayed"),
    ("deliver", "delivered"),
    ("relay", "relayed"),
    ("expand", "expanded"),
)
_BY_DIGIT: dict[str, Action] = {"2": "delivered", "4": "delayed"}
_BAD: frozenset[Action] = frozenset({"failed", "delayed"})


def recognise(raw: bytes) -> Recognised:
    """Return what a mail of any kind is and says; never raises.

    What is "none" may still be a failure in words that nobody knows: ask `unread` then,
    if it came with a null reverse-path to an address that names the recipient.
    """
    raw = raw[:READ_LIMIT]
    mail = Anatomy(raw)
    if recipients := _standard(raw):
        return _dsn(mail, recipients, reason="rfc3464")
    if found := complaint.read(mail):
        return found
    answer = answers.find(mail)
    if answer is not None and not answer.weak:
        return Recognised(kind=answer.kind, reason=answer.reason)
    if recipients := dialects.read(mail):
        return _dsn(mail, recipients, reason=recipients[0].detector)
    if answer is not None and not dialects.is_from_server(mail):
        return Recognised(kind=answer.kind, reason=answer.reason)
    return Recognised(
        kind="none", reason="nothing known", original=original.read(mail.returned)
    )


def unread(raw: bytes) -> Reported:
    """Return what the words of a mail of kind "none" say, for a recipient known elsewhere.

    Its address is "", and its class is "unknown" more often than not.
    """
    mail = Anatomy(raw[:READ_LIMIT])
    subject = mail.headers.text("Subject")[: transcript.DIAGNOSTIC_LIMIT]
    return transcript.overall(mail.told, subject=subject, detector="envelope")


def _dsn(mail: Anatomy, recipients: tuple[Reported, ...], *, reason: str) -> Recognised:
    inner = mail.enclosed
    returned = mail.returned if inner is None else (*inner.returned, *mail.returned)
    return Recognised(
        kind="dsn",
        reason=reason,
        recipients=recipients,
        original=original.read(returned),
    )


def _standard(raw: bytes) -> tuple[Reported, ...]:
    return tuple(_reported(one) for one in islice(dsn.read_dsn(raw), MOST_RECIPIENTS))


def _reported(one: dsn.DsnRecipient) -> Reported:
    action = _action(one)
    bad = action in _BAD
    return Reported(
        address=one.address,
        action=action,
        status=one.status,
        failure_class=classify.classify(one.status, one.diagnostic) if bad else "",
        diagnostic=one.diagnostic,
        detector="rfc3464",
    )


def _action(one: dsn.DsnRecipient) -> Action:
    """Return one of the actions of RFC 3464 §2.3.3, whatever a server calls it."""
    for start, action in _ACTIONS:
        if one.action.startswith(start):
            return action
    return _BY_DIGIT.get(one.status[:1], "failed")
