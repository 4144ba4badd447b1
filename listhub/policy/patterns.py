"""Regular expressions of match(): Perl's way of writing, in a time that is bounded.

People who are not trusted write what is matched, and sometimes the expression.  A
subject is therefore cut at LONGEST_SUBJECT, and an expression that can read a text in
many ways, where a backtracking search can take years, is run by `automaton`, whose time
is linear.
"""

import functools
import re
import warnings
from collections.abc import Callable

from listhub.policy import automaton
from listhub.policy.automaton import PatternError

__all__ = [
    "LONGEST_PATTERN",
    "LONGEST_SUBJECT",
    "Pattern",
    "PatternError",
    "is_plain",
    "read",
]

#: Characters of a value that are looked at, and that an expression may have.
LONGEST_SUBJECT, LONGEST_PATTERN = 10_000, 1_000

Search = Callable[[str], bool]

_DOMAIN = re.compile(r"\[(?:domain|host)\]", re.IGNORECASE)
_ESCAPES = {"z": r"\Z", "Z": r"(?=\n?\Z)", "h": r"[ \t]", "H": r"[^ \t]", "e": r"\x1b"}
_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~",
    "punct": r"!-/:-@\[-`{-~", "space": r"\s", "upper": "A-Z", "word": r"\w",
    "xdigit": "0-9a-fA-F",
}  # fmt: skip
_PIECE = re.compile(r"\\(.)|\[:(\w+):\]|(\(\?)<(?=[A-Za-z_])|(.)", re.DOTALL)
# Python keeps these for itself inside a class, and warns.
_RESERVED = frozenset("[&|~")


class Pattern:
    """An expression as it is written, ready for any domain."""

    def __init__(self, written: str) -> None:
        self._written = written
        self._named = bool(_DOMAIN.search(written))
        self._search = _search(_DOMAIN.sub("domain", written))

    def for_domain(self, domain: str) -> Search:
        """Return the search, with the domain in the place of `[domain]`."""
        if not self._named:
            return self._search
        return _search(_DOMAIN.sub(lambda _: re.escape(domain), self._written))


@functools.lru_cache(maxsize=1024)
def read(written: str) -> Pattern:
    """Return an expression; PatternError says why it is none."""
    if len(written) > LONGEST_PATTERN:
        raise PatternError(f"of at most {LONGEST_PATTERN} characters")
    return Pattern(written)


@functools.lru_cache(maxsize=4096)
def _search(written: str) -> Search:
    if not written:
        return lambda _: False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = re.compile(translated(written), re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(str(error)) from error
    found: Callable[[str], object] = automaton.search(compiled) or compiled.search
    return lambda subject: bool(found(subject[:LONGEST_SUBJECT]))


def is_plain(written: str) -> bool:
    """Say whether an expression can be read in one way only, by any engine in good time.

    It is one of Python's, not of Perl's; PatternError if it is none.
    """
    try:
        return automaton.search(re.compile(written, re.IGNORECASE)) is None
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(str(error)) from error


def translated(written: str) -> str:
    """Return an expression of Perl's in Python's words; what differs is little."""
    pieces: list[str] = []
    opened: int | None = None  # where in the pieces a [class] began
    for match in _PIECE.finditer(written):
        escaped, posix, group, plain = match.groups()
        if escaped:
            translation = match[0] if opened else _ESCAPES.get(escaped, match[0])
        elif posix:
            translation = _CLASSES.get(posix, match[0]) if opened else match[0]
        elif group:
            translation = "(?P<"
        elif opened:
            # A `]` that comes first in its class stands for itself.
            first = pieces[opened:] in ([], ["^"])
            translation = f"\\{plain}" if plain in _RESERVED else plain
            opened = None if plain == "]" and not first else opened
        else:
            translation = plain
            opened = len(pieces) + 1 if plain == "[" else None
        pieces.append(translation)
    return "".join(pieces)
