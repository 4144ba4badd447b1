"""What the bodies of all copies begin and end with: hashed, prepared and stored once.

A footer for each recipient changes a few lines of a body of any size.  The rest is
found by comparing copies, whatever made them, and the more differ, the less is shared.
"""

import base64
import hashlib
from dataclasses import dataclass

from listhub.delivery import wire
from listhub.mail.signing.canonical import BodyHash, relaxed_body

#: So often what is shared may turn out to be less; then each copy is done as a whole.
_MOST_CUTS = 50

#: So many octets are compared at once.
_PIECE = 65_536

#: A line that nobody removes: it keeps the empty ones before it (RFC 6376 §3.4.3).
_KEEPER = b".\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A body in wire form, in pieces, and its hash."""

    body_hash: BodyHash
    pieces: tuple[bytes, ...]


class SharedBody:
    """Prepares bodies that are nearly the same."""

    def __init__(self, sample: bytes) -> None:
        self._sample, self._cuts = sample, 0
        self._longest_end = len(sample)
        self._set(sample[: _line_start(sample, len(sample))], b"")

    def prepare(self, body: bytes) -> Prepared:
        """Return a body ready to be signed and sent."""
        middle = self._middle(body)
        if middle is None and self._cuts < _MOST_CUTS:
            self._cut(body)
            middle = self._middle(body)
        if middle is None:
            return _whole(body)
        if self._end:
            kept, wired = _kept(middle), wire.head_to_wire(middle) if middle else b""
            relaxed = kept + self._relaxed_end
            pieces: tuple[bytes, ...] = (self._wired_start, wired, self._wired_end)
        else:
            relaxed = relaxed_body(middle)
            pieces = (self._wired_start, wire.body_to_wire(middle))
            if not relaxed:
                return _whole(body)
        hashed = self._hashed_start.copy()
        hashed.update(relaxed)
        text = base64.b64encode(hashed.digest())
        return Prepared(body_hash=BodyHash(text=text), pieces=pieces)

    def _middle(self, body: bytes) -> bytes | None:
        start, end = self._start, self._end
        middle = body[len(start) : len(body) - len(end)]
        if len(start) + len(end) + len(middle) != len(body):
            return None
        if not (body.startswith(start) and body.endswith(end)):
            return None
        # What is shared at the end begins a line.
        return middle if not end or not middle or middle.endswith(b"\n") else None

    def _cut(self, body: bytes) -> None:
        """Share no more than this body has in common with the sample."""
        self._cuts += 1
        sample = self._sample
        size = min(len(self._start), _same(sample, body, at_end=False))
        start = sample[: _line_start(sample, size)]
        shorter = min(len(sample), len(body))
        size = min(
            self._longest_end, _same(sample, body, at_end=True), shorter - len(start)
        )
        self._longest_end = size
        end = sample[len(sample) - size :]
        end = end[end.find(b"\n") + 1 :] if b"\n" in end else b""
        # Empty lines at the very end are removed before the hash, however many.
        self._set(start, end if relaxed_body(end) else b"")

    def _set(self, start: bytes, end: bytes) -> None:
        self._start, self._end = start, end
        self._hashed_start = hashlib.sha256(_kept(start))
        self._relaxed_end = relaxed_body(end)
        self._wired_start = wire.head_to_wire(start) if start else b""
        self._wired_end = wire.body_to_wire(end)


def _whole(body: bytes) -> Prepared:
    return Prepared(body_hash=BodyHash.of(body), pieces=(wire.body_to_wire(body),))


def _kept(lines: bytes) -> bytes:
    """Return whole lines in relaxed form, the empty ones at their end as well."""
    return relaxed_body(lines + _KEEPER).removesuffix(_KEEPER)


def _line_start(text: bytes, position: int) -> int:
    return text.rfind(b"\n", 0, position) + 1


def _same(one: bytes, other: bytes, *, at_end: bool) -> int:
    """Return how many octets two texts have in common at one of their ends."""

    def alike(start: int, end: int) -> bool:
        if at_end:
            tail = one[len(one) - end : len(one) - start]
            return tail == other[len(other) - end : len(other) - start]
        return one[start:end] == other[start:end]

    low, shorter = 0, min(len(one), len(other))
    # Piece by piece: bodies may be of any size, and differ early.
    while low + _PIECE <= shorter and alike(low, low + _PIECE):
        low += _PIECE
    high = min(shorter, low + _PIECE)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if alike(low, middle) else (low, middle - 1)
    return low
