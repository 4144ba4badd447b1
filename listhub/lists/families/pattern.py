"""Patterns: which names of lists a family makes at their first post.

    course-${code}-${year:digits}          course-law.12-2026

What stands between the fields is taken as it is.  A field is one or more characters of
names, up to the character of the pattern that follows it; a last field takes the rest.
So every name can be read in one way only: no search has to try, whatever it is given,
and Python and PostgreSQL cannot differ.
"""

import functools
import re
from dataclasses import dataclass
from itertools import pairwise

from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists.families.placeholders import ALWAYS, FIELD
from listhub.mail.recipient import valid_list_name

_LONGEST = 200
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
#: The minus last, where it stands for itself in a class.
_ANY = f"{_DIGITS}{_LETTERS}_.+-"
_KINDS = {"": _ANY, "digits": _DIGITS, "letters": _LETTERS}

_PIECE = re.compile(
    rf"\$\{{(?P<field>{FIELD})(?::(?P<kind>[a-z0-9_.+|-]+))?\}}|(?P<plain>[a-z0-9_.+-]+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A pattern as it is written, and as PostgreSQL matches whole names with it."""

    written: str
    expression: str
    fields: tuple[str, ...]

    def read(self, name: str) -> dict[str, str] | None:
        """Return the fields of a list's name, None if it is not of this pattern.

        Two hyphens in a row begin a comment in SQL, where fields may come to stand.
        """
        if "--" in name or not valid_list_name(name):
            return None
        found = re.fullmatch(self.expression, name)
        return (
            dict(zip(self.fields, found.groups(), strict=True))
            if found is not None
            else None
        )


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: str

    def expression(self, stop: str) -> str:
        """Return the group that takes this field, up to the character `stop`."""
        if self.kind in _KINDS:
            return f"([{_KINDS[self.kind].replace(stop, '')}]+)"
        return f"({'|'.join(map(re.escape, self.kind.split('|')))})"


@functools.lru_cache(maxsize=1024)
def parse(written: str) -> Pattern:
    """Return a pattern; UsageError says what is wrong with it."""
    pieces = _pieces(written)
    fields = [piece for piece in pieces if isinstance(piece, _Field)]
    _check(written, pieces, fields)
    # A field stops where the next piece begins; pieces of text begin with one letter.
    stops = [piece[0] if isinstance(piece, str) else "" for piece in pieces[1:]]
    expression = "".join(
        re.escape(piece) if isinstance(piece, str) else piece.expression(stop)
        for piece, stop in zip(pieces, [*stops, ""], strict=True)
    )
    return Pattern(
        written=written,
        expression=f"^{expression}$",
        fields=tuple(field.name for field in fields),
    )


def _pieces(written: str) -> list[str | _Field]:
    pieces: list[str | _Field] = []
    at = 0
    while at < len(written) <= _LONGEST and (found := _PIECE.match(written, at)):
        at = found.end()
        field, kind = found["field"], found["kind"]
        pieces.append(_Field(field, kind or "") if field else found["plain"])
    if at < len(written) or not written:
        raise _wrong(
            written,
            "it is small letters, digits and _ . + -, and fields such as ${code},"
            " ${year:digits}, ${part:letters} or ${faculty:law|arts}"
            f" (at most {_LONGEST} characters)",
        )
    return pieces


def _check(written: str, pieces: list[str | _Field], fields: list[_Field]) -> None:
    if len(fields) == len(pieces):
        raise _wrong(written, "something must stand beside its fields")
    names = [field.name for field in fields]
    for name in names:
        if name in ALWAYS or names.count(name) > 1:
            raise _wrong(written, f"${{{name}}} is there already")
    for one, other in pairwise(pieces):
        if isinstance(one, _Field) and isinstance(other, _Field):
            raise _wrong(
                written,
                f"something must stand between ${{{one.name}}} and ${{{other.name}}}",
            )
    for field in fields:
        if field.kind not in _KINDS:
            _check_choices(written, field)


def _check_choices(written: str, field: _Field) -> None:
    """Refuse choices of which one begins another: where would the field end?"""
    choices = field.kind.split("|")
    if len(choices) < 2 or not all(choices):
        raise _wrong(
            written,
            f"${{{field.name}}} is of digits, letters or choices such as law|arts",
        )
    ordered = sorted(choices)
    for one, other in pairwise(ordered):
        if other.startswith(one):
            raise _wrong(written, f"the choice {one} begins the choice {other}")


def _wrong(written: str, why: str) -> UsageError:
    return UsageError(f"{shown(written)} is not a pattern of names: {why}.")
