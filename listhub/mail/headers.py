"""The header block of a message, field by field, every byte kept.

`Headers.parse` cuts the block into fields without touching them; what nobody edits
leaves as it came, folding, line ends and 8-bit bytes included.  Reading never raises.
Writing refuses CR, LF and NUL, so no value can smuggle in a field of its own.
"""

import copy
import functools
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, Self

from listhub.mail import encoded_words

# RFC 5322 §3.6.8 (names), §4.5.3 (blanks before the colon), §2.2.3 (folding).  The
# possessive quantifiers keep it linear on any input.
_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+\n?")
# `pipe` with the flag F and mbox files put this line before the first field.
_ENVELOPE_LINE = re.compile(rb">?From (?![ \t]*:)[^\n]*\n")
_NAME = re.compile(r"[!-9;-~]{1,76}")
_FORBIDDEN = re.compile(rb"[\r\n\0]")
_STRAY = bytes.maketrans(b"\r\0", b"  ")
_WORD = re.compile(rb"[ \t]*[^ \t]+")
_LONG_BLANK = re.compile(rb"[ \t]{40,}")
_BLANK = b" \t"
_LINE, _LONGEST_LINE = 78, 998  # octets without the line end, RFC 5322 §2.1.1


class Field(NamedTuple):
    """One field: its name in lower case and its bytes up to and with the line end."""

    name: bytes
    raw: bytes

    @property
    def value(self) -> bytes:
        """The unfolded value (RFC 5322 §2.2.3); stray CR and NUL are blanks in it."""
        value = self.raw.partition(b":")[2].replace(b"\r\n", b"").replace(b"\n", b"")
        return value.translate(_STRAY).strip(_BLANK)


class Headers:
    """An ordered, editable list of header fields; names compare without case."""

    __slots__ = ("_fields", "_head", "body_offset", "newline")

    def __init__(self) -> None:
        self._fields: tuple[Field, ...] = ()
        self._head: bytes | None = None  # the block as it came, until the first edit
        self.body_offset = 0  #: where in the parsed bytes the body starts
        self.newline = b"\r\n"  #: the line end that the message itself uses

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Cut the header block of a message of any kind into its fields.

        An empty line ends it, or else the first line that is no field (as MTAs see
        it); that line then belongs to the body.
        """
        headers = cls()
        first_line = _ENVELOPE_LINE.match(raw)
        position = first_line.end() if first_line else 0
        fields: list[Field] = []
        while field := _FIELD.match(raw, position):
            fields.append(Field(field[1].lower(), field[0]))
            position = field.end()
        if raw.startswith((b"\n", b"\r\n"), position):
            position = raw.index(b"\n", position) + 1
        headers._set(fields)
        headers.body_offset = position
        headers._head = raw[:position]
        end = raw.find(b"\n")
        if end == 0 or (end > 0 and raw[end - 1] != ord("\r")):
            headers.newline = b"\n"
        return headers

    def copy(self) -> Self:
        """Return headers that can be edited on their own."""
        return copy.copy(self)

    @property
    def fields(self) -> tuple[Field, ...]:
        return self._fields

    def get(self, name: str) -> bytes | None:
        """Return the unfolded value of the first field of that name, or None."""
        key = _key(name)
        for field in self._fields:
            if field.name == key:
                return field.value
        return None

    def all(self, name: str) -> tuple[bytes, ...]:
        """Return the unfolded values of all fields of that name, in order."""
        key = _key(name)
        return tuple(field.value for field in self._fields if field.name == key)

    def text(self, name: str) -> str:
        """Return the first field of that name decoded for people, "" without one."""
        return encoded_words.decode(self.get(name) or b"")

    def remove(self, *names: str) -> None:
        """Remove all fields of these names."""
        keys = {_key(name) for name in names}
        self._set(field for field in self._fields if field.name not in keys)

    def drop(self, unwanted: Callable[[Field], bool]) -> None:
        """Remove the fields that are unwanted; the others keep their bytes."""
        self._set(field for field in self._fields if not unwanted(field))

    def add(self, name: str, value: str | bytes) -> None:
        """Append a field; raise ValueError if it holds CR, LF or NUL.

        Text is written as UTF-8 (RFC 6532): use `encoded_words.encode` before if it
        should be ASCII.
        """
        self._set([*self._fields, self._field(name, value)])

    def prepend(self, name: str, value: str | bytes) -> None:
        """Put a field before all others; raise ValueError as `add` does."""
        self._set([self._field(name, value), *self._fields])

    def replace(self, name: str, value: str | bytes) -> None:
        """Put a field in the place of all of its name; raise ValueError as `add` does.

        It stands where the first of them stood, or at the end.
        """
        field = self._field(name, value)
        names = [present.name for present in self._fields]
        if field.name not in names:
            self._set([*self._fields, field])
            return
        place = names.index(field.name)
        rest = [f for f in self._fields[place:] if f.name != field.name]
        self._set([*self._fields[:place], field, *rest])

    def to_bytes(self) -> bytes:
        """Return the block with its empty line; exactly as it came if not edited."""
        if self._head is not None:
            return self._head
        lines = [
            field.raw if field.raw.endswith(b"\n") else field.raw + self.newline
            for field in self._fields
        ]
        return b"".join([*lines, self.newline])

    def _set(self, fields: Iterable[Field]) -> None:
        self._fields = tuple(fields)
        self._head = None

    def _field(self, name: str, value: str | bytes) -> Field:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not the name of a header field: {name!r}")
        octets = value.encode() if isinstance(value, str) else value
        if _FORBIDDEN.search(octets):
            raise ValueError(f"CR, LF or NUL in the value of {name}")
        line = (name.encode() + b": " + octets.strip(_BLANK)).rstrip(_BLANK)
        return Field(_key(name), _fold(line, newline=self.newline) + self.newline)


@functools.lru_cache(maxsize=256)
def _key(name: str) -> bytes:
    return name.lower().encode(errors="replace")


def _fold(line: bytes, *, newline: bytes) -> bytes:
    """Break a field before blanks at 78 octets where possible, anywhere at 998."""
    if len(line) <= _LINE:
        return line
    # A line of blanks alone may be taken for the end of the header.
    name, *words = _WORD.findall(_LONG_BLANK.sub(b" ", line))
    lines: list[bytes] = []
    current = name
    for number, word in enumerate(words):
        if number and len(current) + len(word) > _LINE:
            lines.append(current)
            current = b""
        current += word
    lines.append(current)
    return newline.join(piece for line in lines for piece in _cut(line))


def _cut(line: bytes) -> Iterable[bytes]:
    start, blank = 0, b""
    while len(blank) + len(line) - start > _LONGEST_LINE:
        end = start + _LONGEST_LINE - len(blank)
        while end > start + 900 and line[end] & 0xC0 == 0x80:  # inside a character
            end -= 1
        yield blank + line[start:end]
        start, blank = end, b" "
    yield blank + line[start:]
