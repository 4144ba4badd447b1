"""What is said before the content, and what the answers to it mean: pure.

`prepare` turns a transaction into commands for a relay of given capabilities, or
into answers of our own where the relay cannot take it; `judge` turns the relay's
answers into one reply per recipient.
"""

import re
from dataclasses import dataclass

from listhub.delivery.channel import parse_reply
from listhub.delivery.transaction import Reply, Transaction
from listhub.delivery.wire import TERMINATOR, needs_smtputf8

# What may stand between < and > without ending them or the line (RFC 5321 §4.1.2,
# RFC 6531 §3.3).  Whether it names somebody is the relay's to say.
_PATH = re.compile(
    r"""(?:[^\x00-\x20\x7f<>"\ud800-\udfff]++|"(?:[^\x00-\x1f\x7f"\\]|\\[\x20-\x7e])*+")++"""
)
_TWO, _THREE = b"23"

_NOT_AN_ADDRESS = Reply(553, "5.1.3", "This is not an address that SMTP can carry")
_BAD_SENDER = Reply(451, "4.1.7", "The reverse-path cannot be written in SMTP")
_UTF8_ADDRESS = Reply(
    553, "5.6.7", "The relay does not take addresses outside ASCII (no SMTPUTF8)"
)
_UTF8_HEADER = Reply(
    550, "5.6.9", "The relay does not take a header in UTF-8 (no SMTPUTF8)"
)
_TOO_LARGE = Reply(552, "5.3.4", "The message is larger than the relay takes")
# RFC 6152 §3 leaves two ways when 8BITMIME is missing: convert, or give up.  We do
# not convert, since signatures would break; and giving up at once would bounce a
# whole list's mail because one relay, or a filter before it, hides a keyword.  So it
# waits, in sight: the next try may meet a better relay, and expiry ends it.
_NO_EIGHT_BIT = Reply(
    451, "4.6.3", "The relay does not take 8-bit content (no 8BITMIME)"
)
_NO_XVERP = Reply(451, "4.3.3", "The relay does not make VERP addresses (no XVERP)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a relay announced after EHLO, as far as it matters here."""

    pipelining: bool = False
    eight_bit: bool = False
    smtputf8: bool = False
    xverp: bool = False
    dsn: bool = False
    starttls: bool = False
    #: SIZE was announced, so MAIL may carry it (RFC 1870 §6).
    size_announced: bool = False
    #: The largest message in octets, 0 for no limit known (RFC 1870 §4).
    size: int = 0
    #: The SASL mechanisms, upper case.
    auth: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A transaction with its commands, and the answers that we give ourselves."""

    transaction: Transaction
    #: MAIL, one RCPT for each recipient without an answer, DATA; "" when none is left.
    commands: bytes
    #: The number of replies that the commands call for.
    owed: int
    #: One per recipient, None where the relay is asked; () when it is asked for all.
    own: tuple[Reply | None, ...] = ()


class Nonsense(ValueError):
    """An answer that cannot answer what was asked."""


def prepare(transaction: Transaction, can: Capabilities) -> Prepared:
    """Return the commands that offer the transaction to a relay that `can` so much."""
    recipients = transaction.recipients
    if refusal := transaction.refusal or _refusal(transaction, can):
        return Prepared(transaction, b"", 0, (refusal,) * len(recipients))
    if all(map(_PATH.fullmatch, recipients)) and (
        can.smtputf8 or all(map(str.isascii, recipients))
    ):
        commands = _commands(transaction, recipients, can)
        return Prepared(transaction, commands, len(recipients) + 2)
    own = tuple(_own_answer(recipient, can) for recipient in recipients)
    asked = tuple(
        recipient
        for recipient, answer in zip(recipients, own, strict=True)
        if answer is None
    )
    if not asked:
        return Prepared(transaction, b"", 0, own)
    return Prepared(
        transaction, _commands(transaction, asked, can), len(asked) + 2, own
    )


def judge(prepared: Prepared, answers: list[bytes]) -> tuple[Reply | None, ...]:
    """Return the reply of each recipient, None for those whose mail the relay awaits.

    `answers` are the raw replies to MAIL, the RCPTs and DATA, fewer where the
    conversation ended early: after a refused MAIL, with no recipient left for DATA,
    or with a 421.  Raise Nonsense when one of them cannot be an answer to that.
    """
    asked = prepared.owed - 2
    mail, rcpts, data = answers[0], answers[1 : asked + 1], answers[asked + 1 :]
    check(mail, "MAIL", "2")
    replies: list[Reply | None] = []
    for rcpt in rcpts:
        check(rcpt, "RCPT", "2")
        replies.append(None if rcpt[0] == _TWO else parse_reply(rcpt))
    for answer in data:
        check(answer, "DATA", "3")
    if mail[0] != _TWO:
        # What the relay says to RCPT after that (503, as a rule) tells nothing.
        replies = [parse_reply(mail)] * asked
    elif len(replies) < asked or not data or data[0][0] != _THREE:
        # A 421 in mid-way, or DATA refused, undoes the 250 of a recipient.
        last = parse_reply(answers[-1])
        replies += [None] * (asked - len(replies))
        replies = [last if reply is None else reply for reply in replies]
    return _merge(prepared.own, replies) if prepared.own else tuple(replies)


def check(answer: bytes, asked: str, positive: str) -> None:
    """Raise Nonsense unless the answer is a refusal or has the positive first digit."""
    if chr(answer[0]) not in f"{positive}45":
        raise Nonsense(f"the relay answered {answer[:3].decode()} to {asked}")


def _refusal(transaction: Transaction, can: Capabilities) -> Reply | None:
    """Return the answer for every recipient when the relay cannot take the mail."""
    reverse_path = transaction.reverse_path
    if reverse_path and not _PATH.fullmatch(reverse_path):
        return _BAD_SENDER
    if can.size and _size(transaction) > can.size:
        return _TOO_LARGE  # RFC 1870 §6.1: sooner than being told so
    if transaction.xverp and not can.xverp:
        return _NO_XVERP
    if not can.smtputf8 and (refusal := _utf8_refusal(transaction)):
        return refusal
    if transaction.eight_bit and not can.eight_bit:
        return _NO_EIGHT_BIT
    return None


def _utf8_refusal(transaction: Transaction) -> Reply | None:
    """RFC 6531 §3.2: such a message must not go to a relay without SMTPUTF8."""
    if not transaction.reverse_path.isascii():
        return _UTF8_ADDRESS
    if transaction.smtputf8:
        head = transaction.content.partition(b"\r\n\r\n")[0]
        if needs_smtputf8(head, "", ()):
            return _UTF8_HEADER
    return None


def _own_answer(recipient: str, can: Capabilities) -> Reply | None:
    if not _PATH.fullmatch(recipient):
        return _NOT_AN_ADDRESS
    if not can.smtputf8 and not recipient.isascii():
        return _UTF8_ADDRESS
    return None


def _commands(
    transaction: Transaction, recipients: tuple[str, ...], can: Capabilities
) -> bytes:
    parameters = f" SIZE={_size(transaction)}" if can.size_announced else ""
    if transaction.eight_bit:
        parameters += " BODY=8BITMIME"
    if can.smtputf8 and (
        transaction.smtputf8
        or not transaction.reverse_path.isascii()
        or not all(map(str.isascii, recipients))
    ):
        parameters += " SMTPUTF8"
    if transaction.xverp:
        # Postfix's VERP_README: user+user=domain@our.domain for each recipient.
        parameters += " XVERP=+="
    if transaction.envelope_id and can.dsn:
        return _tracked(transaction, recipients, parameters)
    between = ">\r\nRCPT TO:<".join(recipients)
    return (
        f"MAIL FROM:<{transaction.reverse_path}>{parameters}\r\n"
        f"RCPT TO:<{between}>\r\nDATA\r\n"
    ).encode()


def _tracked(
    transaction: Transaction, recipients: tuple[str, ...], parameters: str
) -> bytes:
    """Return the commands that ask for reports on success and delay, too (RFC 3461)."""
    envelope = f" RET=HDRS ENVID={_xtext(transaction.envelope_id)}"
    lines = [f"MAIL FROM:<{transaction.reverse_path}>{parameters}{envelope}"]
    for recipient in recipients:
        # RFC 6533 §3 has another form for addresses outside ASCII, few relays do.
        original = f" ORCPT=rfc822;{_xtext(recipient)}" if recipient.isascii() else ""
        lines.append(f"RCPT TO:<{recipient}> NOTIFY=SUCCESS,FAILURE,DELAY{original}")
    return "".join(f"{line}\r\n" for line in (*lines, "DATA")).encode()


def _xtext(text: str) -> str:
    """Write text of ASCII as RFC 3461 §4 has it."""
    return "".join(
        one if "!" <= one <= "~" and one not in "+=" else f"+{ord(one):02X}"
        for one in text
    )


def _size(transaction: Transaction) -> int:
    if transaction.size:
        return transaction.size
    octets = len(transaction.content) + sum(map(len, transaction.rest))
    return octets - len(TERMINATOR)


def _merge(
    own: tuple[Reply | None, ...], asked: list[Reply | None]
) -> tuple[Reply | None, ...]:
    """Put the relay's replies where we had no answer of our own."""
    rest = iter(asked)
    return tuple(next(rest) if answer is None else answer for answer in own)
