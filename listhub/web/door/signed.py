"""Texts that a browser keeps for us, signed: nobody else can have written them."""

import base64
import binascii
import hmac

_SIGNATURE = 32


def pack(content: bytes, *, key: bytes) -> str:
    """Return what is given away: letters, digits, hyphens and underscores."""
    raw = hmac.digest(key, content, "sha256") + content
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unpack(value: str, *, key: bytes) -> bytes | None:
    """Return what was packed with the same key, or None if it is not ours."""
    try:
        raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        return None
    signature, content = raw[:_SIGNATURE], raw[_SIGNATURE:]
    if not hmac.compare_digest(signature, hmac.digest(key, content, "sha256")):
        return None
    return content
