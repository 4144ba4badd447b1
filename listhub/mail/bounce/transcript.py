"""Reports in words: which line speaks of an address, and what it says of it."""

import re
from collections.abc import Iterator

from listhub.mail.address import key, parse_addr_spec
from listhub.mail.bounce import classify
from listhub.mail.bounce.report import Action, Reported
from listhub.mail.encoded_words import safe

DIAGNOSTIC_LIMIT = 900  # characters
_MOST_LINES = 12  # that may tell of one address
_MOST = 100  # addresses
# Not of letters that are written without blanks between the words, for there an address
# would take in what stands before it.
_LETTER = r"A-Za-z0-9\u00aa-\u2dff"
_ADDRESS = re.compile(
    rf"[{_LETTER}!#$%&*+/?^_`{{}}~.-]{{1,64}}@[{_LETTER}](?:[{_LETTER}-]{{0,62}}\.){{1,9}}[{_LETTER}-]{{2,63}}"
)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)", re.ASCII)
#: A reply of SMTP: three digits that stand apart, not the port or year of something.
_REPLY = re.compile(
    r"(?<![\w.:/-])([45])[0-7]\d(?=[ -](?!\d)|:? ?[#<(]|$)", re.MULTILINE
)
_BLANKS = re.compile(r"\s+")
_DELAYED = re.compile(
    r"(?:not|n.t) (?:yet )?(?:been )?(?:able to be )?delivered (?:yet|so far)"
    r"|(?:has|have) been delayed|delivery (?:is |was )?delayed|not yet been delivered"
    r"|(?:will|attempts) (?!not|no longer).{0,40}(?:be retried|retry|continue|keep trying|try again)"
    r"|(?:only a|just a) warning|do not need to (?:resend|take)|no action is required"
    r"|verzögert|nur eine warnung|retard[ée]|différé|en cours de nouvelle|retrasad[oa]",
    re.IGNORECASE,
)
#: Who writes reports, and whom they name so that people can ask.
_OFFICE = re.compile(
    r"(?:mailer-daemon|post-?master|abuse|support|help-?desk|noc|hostmaster|listmaster"
    r"|no-?reply|web-?master|info|admin\w*|bounces?(?:[+-].*)?|contact)@",
    re.IGNORECASE,
)


def describe(told: str, address: str, *, action: Action, detector: str) -> Reported:
    """Return what a text says of an address that some reader has found in it."""
    diagnostic = _remark(told, address)
    return _reported(address, diagnostic, action=action, detector=detector)


def find(told: str, *, besides: frozenset[str], detector: str) -> tuple[Reported, ...]:
    """Return what a text says of each address that it says something bad of.

    `besides` are keys of addresses that are not meant: those that the report itself
    comes from and goes to.
    """
    action: Action = "delayed" if is_delay(told) else "failed"
    found = (
        describe(told, address, action=action, detector=detector)
        for address in _addresses(told, besides)
    )
    return tuple(one for one in found if _tells(one.diagnostic))


def overall(told: str, *, subject: str, detector: str) -> Reported:
    """Return what a text says at all, for the one recipient that is known elsewhere."""
    lines = [line.strip() for line in told.split("\n")]
    telling = next((line for line in lines if _tells(line)), subject)
    action: Action = "delayed" if is_delay(told) else "failed"
    return _reported("", _clean(telling), action=action, detector=detector)


def is_delay(told: str) -> bool:
    """Say whether the text is about a mail that is still on its way."""
    return _DELAYED.search(told) is not None


def _reported(
    address: str, diagnostic: str, *, action: Action, detector: str
) -> Reported:
    status = _status(diagnostic, action)
    return Reported(
        address=address,
        action=action,
        status=status,
        failure_class=classify.classify(status, diagnostic),
        diagnostic=diagnostic,
        detector=detector,
    )


def _addresses(told: str, besides: frozenset[str]) -> Iterator[str]:
    seen = set(besides)
    for match in _ADDRESS.finditer(told):
        address = parse_addr_spec(match[0])
        if address is None or _OFFICE.match(address.text):
            continue
        if key(address.text) not in seen:
            seen.add(key(address.text))
            yield address.text
        if len(seen) > _MOST:
            return


def _remark(told: str, address: str) -> str:
    """Return the lines that tell: from the address on, else the one before it."""
    lines = told.split("\n")
    wanted = address.lower()
    best = ""
    for number, line in enumerate(lines):
        if wanted not in line.lower():
            continue
        block = list(_block(lines, number, wanted))
        found = next(filter(_tells, _grown(block)), "")
        best = best or _clean(" ".join(block[:2]))
        found = found or next(
            (
                each
                for each in reversed(lines[max(0, number - 3) : number])
                if _tells(each)
            ),
            "",
        )
        if found:
            return _without(_clean(found), address)
    return _without(best, address)


def _block(lines: list[str], start: int, wanted: str) -> Iterator[str]:
    """Give the lines about one address: its own, and those up to the next address."""
    yield lines[start]
    for line in lines[start + 1 : start + _MOST_LINES]:
        other = _ADDRESS.search(line)
        if other and other[0].lower() != wanted and not _tells(line):
            return
        if other and other.start() < 3 and other[0].lower() != wanted:
            return
        yield line


def _grown(block: list[str]) -> Iterator[str]:
    """Give the first lines up to an empty one, then more of them, paragraph-wise."""
    paragraph: list[str] = []
    for line in block:
        if line.strip():
            paragraph.append(line)
        elif paragraph:
            yield " ".join(paragraph)
            paragraph = []
    yield " ".join(paragraph)


def _tells(text: str) -> bool:
    if not text.strip():
        return False
    if _REPLY.search(text) or _ENHANCED.search(text):
        return True
    return classify.classify("5.0.0", text) != classify.UNKNOWN


def _without(diagnostic: str, address: str) -> str:
    """Return a remark without the address that it starts with."""
    start = re.match(
        rf"[\s<\[(*-]{{0,8}}{re.escape(address)}[\s>\])]{{0,4}}[:,-]?\s?",
        diagnostic,
        re.IGNORECASE,
    )
    return diagnostic[start.end() :] if start else diagnostic


def _clean(text: str) -> str:
    return safe(_BLANKS.sub(" ", text)).strip()[:DIAGNOSTIC_LIMIT]


def _status(diagnostic: str, action: Action) -> str:
    stated = _ENHANCED.search(diagnostic)
    if stated:
        return stated[1]
    reply = _REPLY.search(diagnostic)
    if reply:
        return f"{reply[1]}.0.0"
    return "4.0.0" if action == "delayed" else "5.0.0"
