"""The header of all copies: parsed and hashed once, but for the field with the token."""

from listhub.mail import one_click
from listhub.mail.headers import Field, Headers
from listhub.mail.signing.canonical import BodyHash
from listhub.mail.signing.covered import cover
from listhub.mail.signing.dkim import Signer

_MARK = one_click.MARK.encode()
_UNSUBSCRIBE = b"list-unsubscribe"


class Head:
    """A header block in which at most a token changes."""

    def __init__(self, headers: Headers, *, offered: bool) -> None:
        """Prepare it; unless one click is `offered`, no mark of it is left."""
        headers = headers.copy()
        self._field = _marked(headers)
        if self._field is None or not offered:
            # RFC 8058 §3.1: one field of the two means nothing without the other.
            one_click.withdraw(headers)
            self._field = None
        else:
            # RFC 8058 §3.1: there is no other one, whatever an owner has added.
            headers.drop(self._is_other)
        raw = headers.to_bytes()
        self._before, self._after = (
            _around(self._field, raw) if self._field else (raw, b"")
        )
        self._newline = headers.newline
        late = _UNSUBSCRIBE if self._field else b""
        self._covered = cover(Headers.parse(raw), late=late)

    def made(
        self, token: str, signer: Signer | None, body_hash: BodyHash, now: float
    ) -> bytes:
        """Return it with this token, and with signatures on top."""
        covered, raw = self._covered, self._before
        if self._field is not None:
            octets = self._field.raw.replace(_MARK, token.encode())
            raw = b"".join((raw, octets, self._after))
            if signer is not None:
                covered = covered.completed(Field(self._field.name, octets))
        if signer is None:
            return raw
        newline = self._newline
        return signer.sign_covered(covered, body_hash, now, newline=newline) + raw

    def _is_other(self, field: Field) -> bool:
        return field.name == _UNSUBSCRIBE and field is not self._field


def _around(field: Field, raw: bytes) -> tuple[bytes, bytes]:
    """Return what stands before and after a field, which begins a line.

    What reads like it within another field does not: any author may write that.
    """
    start = 0 if raw.startswith(field.raw) else raw.index(b"\n" + field.raw) + 1
    return raw[:start], raw[start + len(field.raw) :]


def _marked(headers: Headers) -> Field | None:
    """Return the field that a token goes into; an owner may have removed it."""
    return next(
        (
            field
            for field in headers.fields
            if field.name == _UNSUBSCRIBE and _MARK in field.raw
        ),
        None,
    )
