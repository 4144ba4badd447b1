"""DKIM signatures (RFC 6376) with RSA and Ed25519 (RFC 8463), made for bulk.

A copy for one recipient costs the hash of its header and the signature; the body is
hashed once for all of them, and keys are loaded once for a process.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from listhub.mail.headers import Headers
from listhub.mail.signing.canonical import BodyHash
from listhub.mail.signing.covered import Covered, cover
from listhub.mail.signing.keys import SigningKey

_WIDTH = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs for one domain, with one key or several at once."""

    keys: tuple[SigningKey, ...]
    #: Seconds after which a signature counts no more; None: never.
    lifetime: int | None = None

    def sign(self, raw: bytes, now: float) -> bytes:
        """Return the signature fields of a whole message."""
        body = raw[Headers.parse(raw).body_offset :]
        return self.sign_head(raw, BodyHash.of(body), now)

    def sign_head(self, head: bytes, body_hash: BodyHash, now: float) -> bytes:
        """Return one DKIM-Signature field per key, to be put before the head.

        `head` is a header block, `now` seconds since the epoch.  There is no l=: what
        is appended to a signed message is not signed (RFC 6376 §8.2).
        """
        headers = Headers.parse(head)
        return self.sign_covered(
            cover(headers), body_hash, now, newline=headers.newline
        )

    def sign_covered(
        self, covered: Covered, body_hash: BodyHash, now: float, *, newline: bytes
    ) -> bytes:
        """Do the same for a header whose hash is known; `newline` is its line end."""
        times = f"t={int(now)};"
        if self.lifetime is not None:
            times += f" x={int(now) + self.lifetime};"
        return b"".join(
            self._field(key, covered, body_hash, times=times, newline=newline)
            for key in self.keys
        )

    def _field(
        self,
        key: SigningKey,
        covered: Covered,
        body_hash: BodyHash,
        *,
        times: str,
        newline: bytes,
    ) -> bytes:
        lines = (
            f"v=1; a={key.type}-sha256; c=relaxed/relaxed;".encode(),
            f"d={key.domain}; s={key.selector};".encode(),
            times.encode(),
            *covered.h,
            b"bh=%b;" % body_hash.text,
        )
        return signed_field(b"DKIM-Signature", lines, key, covered, newline=newline)


def signed_field(
    name: bytes,
    lines: Sequence[bytes],
    key: SigningKey,
    covered: Covered,
    *,
    newline: bytes,
) -> bytes:
    """Sign what is covered and the field itself; return the field with its b=.

    The lines are its value without b=, each without blanks at its ends.
    """
    hashed = covered.hashed.copy()
    # The relaxed form of the field: a fold is a blank, b= is empty (RFC 6376 §3.7).
    hashed.update(name.lower() + b":" + b" ".join((*lines, b"b=")))
    signature = b"b=" + base64.b64encode(key.sign(hashed.digest()))
    folded = (
        signature[start : start + _WIDTH] for start in range(0, len(signature), _WIDTH)
    )
    fold = newline + b"\t"
    return name + b": " + fold.join((*lines, *folded)) + newline
