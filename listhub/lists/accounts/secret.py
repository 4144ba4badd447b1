"""Secrets that open something: drawn at random, handed out once, kept as a digest.

With 256 bits drawn at random nothing can be guessed, so a plain SHA-256 is enough: a
slow hash is for what people think up.
"""

import hashlib
import secrets

_BYTES = 32


def make() -> str:
    """Return a new secret: 43 letters, digits, hyphens and underscores."""
    return secrets.token_urlsafe(_BYTES)


def digest(secret: str) -> bytes:
    """Return what the database has of a secret, or of anything that claims to be one."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
