"""Reverse-paths that say whose copy came back (VERP).

Ours is `bounce+TOKEN@domain`: the ids of list, outgoing message and subscription as
varints, and eight bytes of keyed BLAKE2s, in base32.  With ids of any size it fits
the 64 octets of a local part, and nobody can make one without the key.

Where Postfix makes the reverse-paths (XVERP), it appends `+user=host` to the base
token, which has no subscription.  That address is under no signature: whoever got a
copy knows the base, and could write another's address behind it.

Sympa's form, `bounce+user==a==host==list[==suffix]`, is read for mail that was on its
way when a site changed over.
"""

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from hashlib import blake2s

from listhub.mail.address import parse_addr_spec
from listhub.mail.recipient import BOUNCE_PREFIX

LOCAL_LIMIT = 64  # octets, RFC 5321 §4.5.3.1.1

_MAC = 8  # octets
_FLAGS = re.IGNORECASE | re.ASCII
_TOKEN = re.compile(r"bounce\+([a-z2-7]{15,57})(?:\+(.+))?", _FLAGS)
_SYMPA = re.compile(
    r"bounce\+(.+?)==a==([^=@\s]+)==([a-z0-9][a-z0-9.+_-]*)(?:==(\w+))?", _FLAGS
)
_LONGEST = 1024  # characters of a local part worth reading


@dataclass(frozen=True, slots=True, kw_only=True)
class VerpToken:
    """Whose copy of what; subscription 0 is a base token's."""

    list_id: int
    outgoing_id: int
    subscription_id: int
    recipient: str | None = None  #: the address behind a base token, unsigned


@dataclass(frozen=True, slots=True, kw_only=True)
class SympaVerp:
    """What Sympa put into a reverse-path; suffix w and r are its probes."""

    recipient: str
    list_name: str
    suffix: str | None = None


def encode(
    key: bytes, *, list_id: int, outgoing_id: int, subscription_id: int = 0
) -> str:
    """Return a local part of at most 64 octets; without a subscription, an XVERP base.

    Raise ValueError for an empty key and for ids that are negative or over 63 bits.
    """
    payload = b"".join(map(_varint, (list_id, outgoing_id, subscription_id)))
    local = BOUNCE_PREFIX + _base32(payload + _mac(key, payload))
    if len(local) > LOCAL_LIMIT:
        raise ValueError(f"the token is too long for a local part: {local}")
    return local


def decode(key: bytes, local_part: str) -> VerpToken | None:
    """Return what a local part of ours says, in any case; None if it is not ours."""
    match = _TOKEN.fullmatch(local_part[:_LONGEST])
    if match is None or not key:
        return None
    text = match[1].lower()
    try:
        raw = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except binascii.Error:
        return None
    payload = raw[:-_MAC]
    genuine = _base32(payload + _mac(key, payload))
    if not hmac.compare_digest(genuine, text):
        return None
    list_id, outgoing_id, subscription_id = _integers(payload)
    return VerpToken(
        list_id=list_id,
        outgoing_id=outgoing_id,
        subscription_id=subscription_id,
        recipient=_appended(match[2] or ""),
    )


def encode_sympa(
    recipient: str, *, list_name: str, domain: str, suffix: str | None = None
) -> str:
    """Return the address that Sympa would use as reverse-path for a recipient."""
    user, _, host = recipient.rpartition("@")
    ending = f"=={suffix}" if suffix else ""
    return f"{BOUNCE_PREFIX}{user}==a=={host}=={list_name}{ending}@{domain}"


def decode_sympa(local_part: str) -> SympaVerp | None:
    """Return what a local part of Sympa's says, or None; it carries no signature."""
    match = _SYMPA.fullmatch(local_part[:_LONGEST])
    if match is None:
        return None
    user, host, list_name, suffix = match.groups()
    return SympaVerp(
        recipient=f"{user}@{host}", list_name=list_name.lower(), suffix=suffix
    )


def _mac(key: bytes, payload: bytes) -> bytes:
    if not key:
        raise ValueError("the key for VERP tokens is empty")
    if len(key) > blake2s.MAX_KEY_SIZE:
        key = blake2s(key).digest()
    return blake2s(payload, digest_size=_MAC, key=key, person=b"lh-verp").digest()


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _varint(number: int) -> bytes:
    if not 0 <= number < 2**63:
        raise ValueError(f"not an id: {number}")
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*octets, number])


def _integers(payload: bytes) -> list[int]:
    """Read varints that we wrote ourselves: the signature has been checked."""
    numbers, shift = [0], 0
    for octet in payload:
        numbers[-1] |= (octet & 0x7F) << shift
        shift += 7
        if octet < 0x80:
            numbers.append(0)
            shift = 0
    return numbers[:-1]


def _appended(text: str) -> str | None:
    user, _, host = text.rpartition("=")
    address = parse_addr_spec(f"{user}@{host}")
    return address.text if address else None
