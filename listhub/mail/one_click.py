"""The address behind one-click unsubscription (RFC 8058): who may leave what, by a token.

    List-Unsubscribe: <https://lists.example/one-click/TOKEN>, <mailto:…>
    List-Unsubscribe-Post: List-Unsubscribe=One-Click

A token names a subscription and is under HMAC-SHA256.  It holds for as long as that
subscription does, be it years: people unsubscribe from old mail.  Who subscribes again
has another subscription, which old tokens do not end.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass

from listhub.mail.headers import Headers

#: What the key is for; a key derived under this name opens nothing else.
PURPOSE = "one-click unsubscription"

#: Stands for the token in a header until it is known whose copy it is.
MARK = "TOKEN-OF-THIS-COPY"

_MAC = 16  # octets
_ID = 8  # octets
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What a token names: one subscription of one list."""

    list_id: int
    subscription_id: int


def withdraw(headers: Headers) -> None:
    """Take away the offer of one click that nobody's token has been put into."""
    if headers.get("List-Unsubscribe-Post") is None:
        return
    headers.remove("List-Unsubscribe-Post")
    value = (headers.get("List-Unsubscribe") or b"").decode(errors="replace")
    ways = [way.strip() for way in value.split(",") if MARK not in way]
    if any(ways):
        headers.replace("List-Unsubscribe", ", ".join(ways))
    else:
        headers.remove("List-Unsubscribe")


def link(web_url: str, token: str = MARK) -> str:
    """Return the address of a token below that of the web pages."""
    return f"{web_url.rstrip('/')}/one-click/{token}"


def encode(key: bytes, *, list_id: int, subscription_id: int) -> str:
    """Return a token; ValueError for an empty key and for ids that are none."""
    if not key:
        raise ValueError("the key for one-click tokens is empty")
    if not (0 < list_id < 2**63 and 0 < subscription_id < 2**63):
        raise ValueError(f"not the ids of a subscription: {list_id}, {subscription_id}")
    named = list_id.to_bytes(_ID, "big") + subscription_id.to_bytes(_ID, "big")
    mac = hmac.digest(key, named, "sha256")[:_MAC]
    return base64.urlsafe_b64encode(named + mac).rstrip(b"=").decode("ascii")


def decode(keys: Iterable[bytes], token: str) -> Membership | None:
    """Return what a token names that was made with one of these keys, or None."""
    if not _TOKEN.fullmatch(token):
        return None
    try:
        raw = base64.urlsafe_b64decode(token + "=")
    except binascii.Error:
        return None
    named = Membership(
        list_id=int.from_bytes(raw[:_ID], "big"),
        subscription_id=int.from_bytes(raw[_ID : 2 * _ID], "big"),
    )
    for key in keys:
        try:
            genuine = encode(
                key, list_id=named.list_id, subscription_id=named.subscription_id
            )
        except ValueError:
            continue
        # The whole text: the last letter of base 64 has bits to spare.
        if hmac.compare_digest(genuine, token):
            return named
    return None
