"""A sentence that is said once, on the page after the one that acted.

No process keeps it: it travels in a cookie of the visitor's own, signed, so that nobody
else can put words into a page of ours.
"""

import base64
import binascii
import hmac
import json
from dataclasses import dataclass

from listhub.web.door.answer import Cookie, Tone

COOKIE = "listhub-said"
PURPOSE = "said"

#: Seconds: a page that never comes must not speak tomorrow.
LIFE = 60

#: Letters: a cookie has 4,096 octets, of which base64 and the signature take a third.
_MOST = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said, and how it is meant."""

    text: str
    tone: Tone = "well"


def pack(said: Said, *, key: bytes) -> Cookie:
    """Return the cookie that carries a sentence."""
    content = json.dumps([said.tone, said.text[:_MOST]]).encode()
    value = base64.urlsafe_b64encode(_sign(content, key) + content).decode()
    return Cookie(name=COOKIE, value=value.rstrip("="), life=LIFE)


def unpack(value: str, *, key: bytes) -> Said | None:
    """Return what a cookie says, or None if it is not ours."""
    try:
        raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        return None
    signature, content = raw[:32], raw[32:]
    if not hmac.compare_digest(signature, _sign(content, key)):
        return None
    tone, text = json.loads(content)
    return Said(text=text, tone=tone)


def _sign(content: bytes, key: bytes) -> bytes:
    return hmac.digest(key, content, "sha256")
