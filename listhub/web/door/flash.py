"""A sentence that is said once, on the page after the one that acted.

No process keeps it: it travels in a cookie of the visitor's own, signed, so that nobody
else can put words into a page of ours.
"""

import json
from dataclasses import dataclass

from listhub.web.door import signed
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
    return Cookie(name=COOKIE, value=signed.pack(content, key=key), life=LIFE)


def unpack(value: str, *, key: bytes) -> Said | None:
    """Return what a cookie says, or None if it is not ours."""
    content = signed.unpack(value, key=key)
    if content is None:
        return None
    tone, text = json.loads(content)
    return Said(text=text, tone=tone)
