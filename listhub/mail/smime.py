"""Which parts are signed or encrypted, and by what: S/MIME (RFC 8551) or PGP (RFC 3156).

Recognised only, so that nothing in them is touched; no signature is verified.  One that
nobody verified proves nothing: it must never count as the authentication `smime`.
"""

from dataclasses import dataclass
from typing import Literal

from listhub.mail.mime import Part

Standard = Literal["smime", "pgp"]
Protection = Literal["signed", "encrypted", "compressed"]

_SMIME = ("pkcs7", "x-pkcs7")
_PGP = ("pgp", "pgp-encrypted", "pgp-signature", "pgp-keys")
#: The parameter smime-type (RFC 8551 §3.2.2); certificates alone protect nothing.
_SMIME_TYPES: dict[str, Protection | None] = {
    "signed-data": "signed",
    "enveloped-data": "encrypted",
    "authenveloped-data": "encrypted",
    "compressed-data": "compressed",
    "certs-only": None,
}
_PKCS7_MIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What a part is, and by which standard."""

    standard: Standard
    protection: Protection


def seal(part: Part) -> Seal | None:
    """Return how this very part is protected, None if it is not."""
    kind, given = part.kind, part.parameters
    protocol = given.get("protocol", "").lower()
    if kind == "multipart/signed":
        # RFC 1847 §2.1: the protocol says whose signature it is.
        standard = _standard(protocol) or _standard(_last_kind(part))
        return Seal(standard=standard, protection="signed") if standard else None
    if kind == "multipart/encrypted":
        return Seal(standard=_standard(protocol) or "pgp", protection="encrypted")
    if kind in _PKCS7_MIME:
        # Without the parameter it is encrypted, as most are (RFC 8551 §3.2.2).
        inside = given.get("smime-type", "enveloped-data").lower()
        protection = _SMIME_TYPES.get(inside, "encrypted")
        return Seal(standard="smime", protection=protection) if protection else None
    return None


def seals(message: Part) -> frozenset[Seal]:
    """Return all protections anywhere in a message."""
    return frozenset(found for part in message.walk() if (found := seal(part)))


def _standard(kind: str) -> Standard | None:
    sub = kind.removeprefix("application/")
    if sub.startswith(_SMIME):
        return "smime"
    return "pgp" if sub.startswith(_PGP) else None


def _last_kind(part: Part) -> str:
    return part.children[-1].kind if part.children else ""
