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

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648 §6, in lower case
_PAIRS = tuple(first + second for first in _LETTERS for second in _LETTERS)


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


class Signer:
    """Makes the reverse-paths of one message; what they share is worked out once.

    Raise ValueError for an empty key and for ids that are negative or over 63 bits.
    """

    __slots__ = ("_hash", "_rest", "_start")

    def __init__(self, key: bytes, *, list_id: int, outgoing_id: int) -> None:
        shared = _varint(list_id) + _varint(outgoing_id)
        self._hash = _keyed(key)
        self._hash.update(shared)
        # Five octets are eight letters; what is left over goes with each token's own.
        whole = len(shared) - len(shared) % 5
        self._start = BOUNCE_PREFIX + _base32(shared[:whole])
        self._rest = shared[whole:]

    def token(self, subscription_id: int = 0) -> str:
        """Return a local part of at most 64 octets; of 0, an XVERP base."""
        own = _varint(subscription_id)
        mac = self._hash.copy()
        mac.update(own)
        local = self._start + _base32(self._rest + own + mac.digest())
        if len(local) > LOCAL_LIMIT:
            raise ValueError(f"the token is too long for a local part: {local}")
        return local


def encode(
    key: bytes, *, list_id: int, outgoing_id: int, subscription_id: int = 0
) -> str:
    """Return a local part of at most 64 octets; without a subscription, an XVERP base.

    Raise ValueError for an empty key and for ids that are negative or over 63 bits.
    """
    signer = Signer(key, list_id=list_id, outgoing_id=outgoing_id)
    return signer.token(subscription_id)


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
    mac = _keyed(key)
    mac.update(payload)
    genuine = _base32(payload + mac.digest())
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


def _keyed(key: bytes) -> "blake2s":
    if not key:
        raise ValueError("the key for VERP tokens is empty")
    if len(key) > blake2s.MAX_KEY_SIZE:
        key = blake2s(key).digest()
    return blake2s(digest_size=_MAC, key=key, person=b"lh-verp")


def _base32(raw: bytes) -> str:
    """Return RFC 4648 §6 in lower case, unpadded; the stdlib's takes twice the time."""
    spare = -len(raw) % 5
    number = int.from_bytes(raw, "big") << spare * 8
    top = (len(raw) + spare) * 8 - 10
    text = "".join([_PAIRS[number >> at & 0x3FF] for at in range(top, -1, -10)])
    return text[: (len(raw) * 8 + 4) // 5]


def _varint(number: int) -> bytes:
    if not 0 <= number < 2**63:
        raise ValueError(f"not an id: {number}")
    octets = []
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    octets.append(number)
    return bytes(octets)


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
