"""Which header fields a signature of ours covers, and their hash.

A field named once more than it is there is oversigned: nobody can add another one
without breaking the signature (RFC 6376 §8.15).
"""

import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from listhub.mail.headers import Field, Headers
from listhub.mail.signing.canonical import relaxed_field

if TYPE_CHECKING:
    from hashlib import _Hash

#: Named once more than they are there, even if they are not: a reader's program
#: shows them, or acts on them.
SEALED = (
    b"from",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"to",
    b"cc",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
)

#: Named once more than they are there where they are there; a relay or the next list
#: may add what is missing.  RFC 6376 §5.4.1, and RFC 8058 §4 for both List-Unsubscribe.
COVERED = (
    b"sender",
    b"in-reply-to",
    b"references",
    b"content-id",
    b"content-description",
    b"content-language",
    b"resent-date",
    b"resent-from",
    b"resent-sender",
    b"resent-to",
    b"resent-cc",
    b"resent-message-id",
    b"list-id",
    b"list-help",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"list-subscribe",
    b"list-post",
    b"list-owner",
    b"list-archive",
    b"archived-at",
    b"auto-submitted",
    b"feedback-id",
    b"cfbl-address",
    b"cfbl-feedback-id",
)

#: A seal of ARC (RFC 8617 §4.1.2) covers the signatures below it as well.
SEALED_BY_ARC = (*COVERED, b"dkim-signature")

_MOST_OF_A_NAME = 20
_NAMES = frozenset((*SEALED, *SEALED_BY_ARC))
_WIDTH = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """The tag h= in lines, and the hash of what it names, ready to go on with."""

    h: tuple[bytes, ...]
    hashed: "_Hash"

    def completed(self, late: Field) -> "Covered":
        """Return it with the field that `cover` has left for later."""
        hashed = self.hashed.copy()
        hashed.update(relaxed_field(late))
        return Covered(h=self.h, hashed=hashed)


def cover(
    headers: Headers, *, present: tuple[bytes, ...] = COVERED, late: bytes = b""
) -> Covered:
    """Hash the fields to be signed; `present` names those that need not be there.

    `late` names a field, there once, that differs in each copy: see `completed`.
    """
    found: dict[bytes, list[Field]] = {}
    for field in headers.fields:
        if field.name in _NAMES:
            found.setdefault(field.name, []).append(field)
    names: list[bytes] = []
    data: list[bytes] = []
    # The order in h= is ours to choose.
    for name in sorted((*SEALED, *present), key=lambda name: name == late):
        # From the last one up (RFC 6376 §5.4.2).
        fields = found.get(name, [])[: -_MOST_OF_A_NAME - 1 : -1]
        if name != late:
            data += map(relaxed_field, fields)
        if name in SEALED or (fields and name != b"dkim-signature"):
            names.append(name)
        names += [name] * len(fields)
    return Covered(h=_folded(tuple(names)), hashed=hashlib.sha256(b"".join(data)))


@functools.lru_cache(maxsize=256)
def _folded(names: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Return `h=...;` in lines; a post's copies all have the same names."""
    lines = [b"h="]
    for number, name in enumerate(names):
        piece = name + (b";" if number == len(names) - 1 else b":")
        if len(lines[-1]) + len(piece) > _WIDTH:
            lines.append(b"")
        lines[-1] += piece
    return tuple(lines)
