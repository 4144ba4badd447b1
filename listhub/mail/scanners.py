"""What scanners at the MTA found: the fields that they leave, read with suspicion.

Anybody can write `X-Spam-Flag: NO`.  So what accuses counts from any field, and what
excuses counts only where nothing accuses.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from listhub.mail import encoded_words
from listhub.mail.headers import Headers

Spam = Literal["spam", "ham", "unsure", "unknown"]

_SHOWN = 120
_NUMBER = r"(-?[0-9]{1,6}(?:\.[0-9]{1,6})?)"
_SCORE = re.compile(rf"\bscore={_NUMBER}", re.IGNORECASE)
_RSPAMD = re.compile(rf"default:\s*(true|false)\s*\[{_NUMBER}\s*/", re.IGNORECASE)
_LONE_NUMBER = re.compile(rf"\s*{_NUMBER}\b")
_VIRUS_NAME = re.compile(r"\(?([A-Za-z0-9][A-Za-z0-9._:/-]{2,79})\)?\s*\Z")
_NOT_A_NAME = frozenset({"infected", "yes", "found", "virus", "clean", "no"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """A verdict on spam with its score, and the name of a virus, "" if none was found."""

    spam: Spam = "unknown"
    score: float | None = None
    virus: str = ""


def findings(headers: Headers) -> Findings:
    """Return what the scanners say together."""
    said = [
        (verdict, score)
        for name, read in SPAM
        for value in headers.all(name)
        for verdict, score in (read(encoded_words.plain(value)),)
    ]
    verdicts = {verdict for verdict, _ in said}
    spam: Spam = next(
        (each for each in ("spam", "unsure", "ham") if each in verdicts), "unknown"
    )
    scores = [score for _, score in said if score is not None]
    return Findings(
        spam=spam, score=max(scores) if scores else None, virus=_virus(headers)
    )


Reading = tuple[Spam, float | None]


def _flag(value: str) -> Reading:
    """`YES`, `No` (SpamAssassin's flag, and the one of many others)."""
    word = value.strip().lower()
    if word.startswith(("yes", "true")):
        return "spam", None
    return ("ham" if word.startswith(("no", "false")) else "unknown"), None


def _status(value: str) -> Reading:
    """`Yes, score=7.1 required=5.0 tests=…` (SpamAssassin, amavis)."""
    score = _SCORE.search(value)
    return _flag(value)[0], float(score[1]) if score else None


def _number(value: str) -> Reading:
    score = _LONE_NUMBER.match(value)
    return "unknown", float(score[1]) if score else None


def _level(value: str) -> Reading:
    """Stars (SpamAssassin) or `+` (rspamd), one for each point."""
    marks = value.strip()
    full = (marks and set(marks) <= {"*"}) or set(marks) <= {"+"}
    return "unknown", float(len(marks)) if marks and full else None


def _rspamd(value: str) -> Reading:
    """`default: False [2.10 / 15.00]; …`."""
    match = _RSPAMD.match(value.strip())
    if not match:
        return "unknown", None
    return ("spam" if match[1].lower() == "true" else "ham"), float(match[2])


def _bogofilter(value: str) -> Reading:
    """`Spam, tests=bogofilter, spamicity=0.99`."""
    words: dict[str, Spam] = {"spam": "spam", "ham": "ham", "unsure": "unsure"}
    word = value.partition(",")[0].strip().lower()
    return words.get(word, "unknown"), None


#: The fields that scanners leave, and how each is read.
SPAM: tuple[tuple[str, Callable[[str], Reading]], ...] = (
    ("X-Spam-Flag", _flag),
    ("X-Spam", _flag),
    ("X-Spam-Status", _status),
    ("X-Spam-Score", _number),
    ("X-Spam-Level", _level),
    ("X-Spamd-Bar", _level),
    ("X-Spamd-Result", _rspamd),
    ("X-Bogosity", _bogofilter),
)

#: Fields that tell of a virus, and the words with which they do.
VIRUS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("X-Virus-Status", re.compile(r"\s*(infected|yes|virus)", re.IGNORECASE)),
    ("X-Virus-Infected", re.compile(r"\s*(?!no\b)\S", re.IGNORECASE)),
    ("X-Virus", re.compile(r"\s*(?!no\b|clean\b)\S", re.IGNORECASE)),
    ("X-Amavis-Alert", re.compile(r"\s*infected", re.IGNORECASE)),
)


def _virus(headers: Headers) -> str:
    for name, mark in VIRUS:
        for value in headers.all(name):
            text = encoded_words.plain(value).strip()[:_SHOWN]
            if mark.match(text):
                found = _VIRUS_NAME.search(text)
                named = found and found[1].lower() not in _NOT_A_NAME
                return found[1] if found and named else "a virus"
    return ""
